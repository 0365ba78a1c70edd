// Reads the gate logits while the map needs them: while its columns are sorted by them, and while a pointer or the focus is in it.
import type { StudioStore } from "../../../state/store.ts";
import type { MapLookStore } from "../../views/mapLook.ts";

/** Least time between two reads, milliseconds: of a large model they are many megabytes. */
const EVERY_MS = 1000;

/** Follows the store until the returned function is called. plot: of the map. */
export function followLogits({ store }: StudioStore, look: MapLookStore, plot: HTMLElement): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = -Infinity;
  let inside = false;
  const wanted = (): boolean => (inside || look.getState().order === "logit") && look.getState().past === null;
  const read = (): void => {
    timer = undefined;
    last = performance.now();
    if (wanted()) void store.getState().readGateLogits();
  };
  const follow = (): void => {
    if (wanted()) timer ??= setTimeout(read, Math.max(0, last + EVERY_MS - performance.now()));
  };
  const enter = (): void => {
    inside = true;
    follow();
  };
  const leave = (): void => {
    inside = plot.ownerDocument.activeElement === plot;
  };
  const events = { pointerenter: enter, focus: enter, pointerleave: leave, blur: leave };
  for (const [name, act] of Object.entries(events)) plot.addEventListener(name, act);
  const ends = [
    look.subscribe(follow),
    store.subscribe((state, before) => {
      if (state.architecture !== before.architecture) follow();
    }),
  ];
  follow();
  return () => {
    clearTimeout(timer);
    for (const [name, act] of Object.entries(events)) plot.removeEventListener(name, act);
    for (const end of ends) end();
  };
}
