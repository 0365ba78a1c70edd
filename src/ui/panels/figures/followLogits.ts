// Reads the gate logits while a figure needs them.
import type { StudioStore } from "../../../state/store.ts";
import type { MapLookStore } from "../../views/mapLook.ts";

/** Least time between two reads, milliseconds: of a large model they are many megabytes. */
const EVERY_MS = 1000;

interface Following {
  /** Reads now, or soon, if they are wanted. */
  follow(): void;
  end(): void;
}

/** Reads them after each change of the masks for which `wanted` is true. */
function followWanted({ store }: StudioStore, wanted: () => boolean): Following {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = -Infinity;
  const read = (): void => {
    timer = undefined;
    last = performance.now();
    if (wanted()) void store.getState().readGateLogits();
  };
  const follow = (): void => {
    if (wanted()) timer ??= setTimeout(read, Math.max(0, last + EVERY_MS - performance.now()));
  };
  const leave = store.subscribe((state, before) => {
    if (state.architecture !== before.architecture) follow();
  });
  return {
    follow,
    end() {
      clearTimeout(timer);
      leave();
    },
  };
}

/** For the map: while its columns are sorted by them, and while a pointer or the focus is in its plot. Returns what ends that. */
export function followForMap(studio: StudioStore, look: MapLookStore, plot: HTMLElement): () => void {
  let inside = false;
  const wanted = (): boolean => (inside || look.getState().order === "logit") && look.getState().past === null;
  const { follow, end } = followWanted(studio, wanted);
  const enter = (): void => {
    inside = true;
    follow();
  };
  const leave = (): void => {
    inside = plot.ownerDocument.activeElement === plot;
  };
  const events = { pointerenter: enter, focus: enter, pointerleave: leave, blur: leave };
  for (const [name, act] of Object.entries(events)) plot.addEventListener(name, act);
  const endLook = look.subscribe(follow);
  follow();
  return () => {
    end();
    endLook();
    for (const [name, act] of Object.entries(events)) plot.removeEventListener(name, act);
  };
}

/** For a figure: while a part of it is on the screen. Returns what ends that. */
export function followInView(studio: StudioStore, node: Element): () => void {
  let seen = false;
  const { follow, end } = followWanted(studio, () => seen);
  const observer = new IntersectionObserver((entries) => {
    seen = entries.at(-1)?.isIntersecting ?? false;
    follow();
  });
  observer.observe(node);
  return () => {
    observer.disconnect();
    end();
  };
}
