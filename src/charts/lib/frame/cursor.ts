// One cursor for pointer and keyboard: hover or arrow keys choose a place in the chart, the chart marks it and describes it.
import type { Frame } from "./frame.ts";
import { tipSentence } from "./tooltip.ts";
import type { Tip } from "./tooltip.ts";

/** A tip and where it belongs, CSS pixels of the plot. */
export interface ShownTip {
  x: number;
  y: number;
  tip: Tip;
}

/** What a chart with places of type At supplies. */
interface CursorHooks<At> {
  /** The place under a pointer at (x, y) of the plot, or null beside all data. */
  locate(x: number, y: number): At | null;
  /** The place `dx` to the right and `dy` down of `at`, kept inside (steps may be infinite); from null, where a keyboard starts. */
  move(at: At | null, dx: number, dy: number): At | null;
  /** Marks the place (null: no mark) and returns its tip, or null for none. */
  show(at: At | null): ShownTip | null;
}

export interface ChartCursor<At> {
  /** The place that is marked. */
  at(): At | null;
  /** Shows the present place again, after new data or a new layout; with `say`, a screen reader says it. */
  refresh(say?: boolean): void;
  /** Moves the cursor without a tip, because another chart asks. */
  follow(at: At | null): void;
}

/** Steps of the keys; Shift makes the arrows ten times as long. */
const KEYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  PageUp: [0, -4],
  PageDown: [0, 4],
  Home: [-Infinity, 0],
  End: [Infinity, 0],
};

/** Attaches a cursor to the frame's plot. `changed` is called for each move that a person makes. */
export function createCursor<At>(
  frame: Frame,
  hooks: CursorHooks<At>,
  changed?: (at: At | null) => void,
): ChartCursor<At> {
  const { plot, tooltip } = frame;
  let at: At | null = null;
  let quiet = false;

  const draw = (say: boolean): void => {
    const shown = hooks.show(at);
    if (!shown || quiet) return tooltip.hide();
    tooltip.show(shown.x, shown.y, shown.tip);
    if (say) frame.announce(tipSentence(shown.tip));
  };
  const set = (next: At | null, say: boolean): void => {
    at = next;
    quiet = false;
    draw(say);
    changed?.(at);
  };

  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    set(hooks.locate(event.clientX - box.left, event.clientY - box.top), false);
  });
  plot.addEventListener("pointerleave", () => set(null, false));
  plot.addEventListener("blur", () => set(null, false));
  plot.addEventListener("focus", () => {
    if (plot.matches(":focus-visible") && at === null) set(hooks.move(null, 0, 0), true);
  });
  plot.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return set(null, false);
    const step = KEYS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const times = event.shiftKey ? 10 : 1;
    set(hooks.move(at, step[0] * times, step[1] * times), true);
  });
  return {
    at: () => at,
    refresh: (say = false) => {
      if (at !== null) draw(say);
    },
    follow(next) {
      at = next;
      quiet = true;
      draw(false);
    },
  };
}
