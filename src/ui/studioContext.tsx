// The store within React: a context, and hooks that follow it immediately or throttled.
import { createContext, useCallback, useContext, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { useStore } from "zustand";
import type { StudioStore } from "../state/store.ts";
import type { StudioState } from "../state/storeState.ts";

const StudioContext = createContext<StudioStore | null>(null);

/** Makes the store available to everything inside. */
export function StudioProvider({ studio, children }: { studio: StudioStore; children: ReactNode }) {
  return <StudioContext value={studio}>{children}</StudioContext>;
}

/** The store and the series of the run, for charts and event handlers. */
export function useStudioStore(): StudioStore {
  const studio = useContext(StudioContext);
  if (!studio) throw new Error("expected a StudioProvider around this component, found none; render it inside one");
  return studio;
}

/** Part of the state, rendered at every change: for what changes rarely. `select` must return existing values, not new objects. */
export function useStudio<T>(select: (state: StudioState) => T): T {
  return useStore(useStudioStore().store, select);
}

/** The actions; they never change. */
export function useActions(): StudioState {
  return useStudioStore().store.getState();
}

/** Part of the state that changes many times per second: rendered at most once per `everyMs`, and always with the last value in the end. */
export function useThrottled<T>(select: (state: StudioState) => T, everyMs = 250): T {
  const { store } = useStudioStore();
  const subscribe = useCallback(
    (changed: () => void) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let last = -Infinity;
      const notify = (): void => {
        timer = undefined;
        last = performance.now();
        changed();
      };
      const leave = store.subscribe(() => {
        timer ??= setTimeout(notify, Math.max(0, last + everyMs - performance.now()));
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
