// The store within React: a context, and hooks that render at once or calmly.
import { createContext, useCallback, useContext, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { useStore } from "zustand";
import type { StudioStore } from "../state/store.ts";
import type { StudioState } from "../state/storeState.ts";

const StudioContext = createContext<StudioStore | null>(null);

export function StudioProvider({ studio, children }: { studio: StudioStore; children: ReactNode }) {
  return <StudioContext value={studio}>{children}</StudioContext>;
}

/** Store and series themselves, for charts and event handlers. */
export function useStudioStore(): StudioStore {
  const studio = useContext(StudioContext);
  if (!studio) throw new Error("expected a StudioProvider around this component, found none; render inside of it");
  return studio;
}

/** A part of the state; renders whenever it changes, so only for what changes seldom. `select` returns parts, not new objects. */
export function useStudio<T>(select: (state: StudioState) => T): T {
  return useStore(useStudioStore().store, select);
}

/** The actions; they never change. */
export function useActions(): StudioState {
  return useStudioStore().store.getState();
}

/** The same for what changes many times a second: renders at most once in `everyMs`, and always ends with the last value. */
export function useThrottled<T>(select: (state: StudioState) => T, everyMs = 250): T {
  const { store } = useStudioStore();
  const subscribe = useCallback(
    (changed: () => void) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let last = -Infinity;
      const tell = (): void => {
        timer = undefined;
        last = performance.now();
        changed();
      };
      const leave = store.subscribe(() => {
        timer ??= setTimeout(tell, Math.max(0, last + everyMs - performance.now()));
      });
      return () => {
        clearTimeout(timer);
        leave();
      };
    },
    [store, everyMs],
  );
  return useSyncExternalStore(subscribe, () => select(store.getState()));
}
