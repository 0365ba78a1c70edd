// What makes a chart of its three functions: data -> geometry (plain numbers and texts) -> drawing, with a cursor on the geometry.
import { createCursor } from "./cursor.ts";
import type { ChartCursor, ShownTip } from "./cursor.ts";
import { createFrame } from "./frame.ts";
import type { Frame, Space } from "./frame.ts";

/** What a chart function returns. `update` draws at once; `svg` is a self-contained SVG document of what is on the screen. */
export interface Chart<Data> {
  update(data: Data): void;
  destroy(): void;
  svg(title?: string): string;
}

export interface Geometry {
  /** Height of the chart, CSS pixels. */
  height: number;
  /** The accessible name: what the chart shows, in numbers. */
  name: string;
}

/** Places in a geometry that the pointer or the keys can choose; pure. */
export interface Places<Drawn, At> {
  /** The place under a pointer at (x, y) of the plot, or null beside all data. */
  locate(geometry: Drawn, x: number, y: number): At | null;
  /** The place `dx` to the right and `dy` down of `at`, kept inside (steps may be infinite); from null, where a keyboard starts. */
  move(geometry: Drawn, at: At | null, dx: number, dy: number): At | null;
  /** The tip of a place and where it belongs; null where there is nothing. */
  tip(geometry: Drawn, at: At): ShownTip | null;
}

interface ChartParts<Data, Drawn extends Geometry, At> {
  /** Pure but for state that the chart keeps between updates, as of what changed. */
  geometry(data: Data, space: Space): Drawn;
  /** Draws; `anew` is true after a new width or theme. */
  draw(geometry: Drawn, anew: boolean): void;
  places: Places<Drawn, At>;
  /** Marks the place under the cursor; null: no mark. */
  mark(geometry: Drawn, at: At | null): void;
  /** Called for each move that a person makes. */
  moved?(at: At | null): void;
  /** Called for a click on a place, or Enter there. */
  choose?(geometry: Drawn, at: At, shift: boolean): void;
  /** Removes what the chart has added outside of its frame. */
  destroy?(): void;
}

/** A chart with access to what is inside, for charts that do more than follow their data. */
export interface LiveChart<Data, At> extends Chart<Data> {
  frame: Frame;
  cursor: ChartCursor<At>;
  /** Draws the present data again. */
  redraw(): void;
}

/**
 * Makes a chart in `node`.
 * @param kind name of the chart in data-chart, for styles and tests
 * @param make makes the chart's layers in the frame, and returns its functions
 */
export function createChart<Data, Drawn extends Geometry, At>(
  node: HTMLElement,
  kind: string,
  make: (frame: Frame) => ChartParts<Data, Drawn, At>,
): LiveChart<Data, At> {
  let data: Data | null = null;
  let drawn: Drawn | null = null;
  const frame = createFrame(node, kind, (space, anew) => {
    if (data === null) return 0;
    const first = drawn === null;
    drawn = parts.geometry(data, space);
    parts.draw(drawn, anew || first);
    frame.label(drawn.name);
    cursor.refresh();
    return drawn.height;
  });
  const parts = make(frame);
  const { places, moved } = parts;
  const cursor = createCursor<At>(
    frame,
    {
      locate: (x, y) => drawn && places.locate(drawn, x, y),
      move: (at, dx, dy) => drawn && places.move(drawn, at, dx, dy),
      show(at) {
        if (!drawn) return null;
        parts.mark(drawn, at);
        return at === null ? null : places.tip(drawn, at);
      },
    },
    moved,
  );
  const choose = (shift: boolean): void => {
    const at = cursor.at();
    if (drawn && at !== null) parts.choose?.(drawn, at, shift);
  };
  frame.plot.addEventListener("click", ({ shiftKey }) => choose(shiftKey));
  frame.plot.addEventListener("keydown", ({ key, shiftKey }) => {
    if (key === "Enter") choose(shiftKey);
  });
  return {
    update(next) {
      data = next;
      frame.redraw();
    },
    destroy() {
      parts.destroy?.();
      frame.destroy();
    },
    svg: (title) => frame.snapshot(title),
    frame,
    cursor,
    redraw: () => frame.redraw(),
  };
}
