// Draws only what has changed: charts get new data up to ten times a second, their axes and legends rarely change.
import type { Group } from "../frame/frame.ts";

const shown = new WeakMap<SVGGElement, string>();

/** Empties `group` and draws `geometry` in it; does nothing where the group shows an equal geometry already. */
export function redrawn<Geometry>(group: Group, geometry: Geometry, draw: (geometry: Geometry) => void): void {
  const node = group.node();
  const look = JSON.stringify(geometry);
  if (!node || shown.get(node) === look) return;
  shown.set(node, look);
  group.selectAll("*").remove();
  draw(geometry);
}
