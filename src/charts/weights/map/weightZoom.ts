// Zooming and moving the weight map by wheel, drag, keys and buttons.
import { select, zoom, zoomIdentity } from "d3";
import type { D3ZoomEvent } from "d3";
import { ZoomIn, ZoomOut } from "lucide";
import { isForMap } from "../../lib/frame/gestures.ts";
import { createTools } from "../../lib/frame/tools.ts";
import type { MapArea } from "./weightGeometry.ts";
import type { MatrixMask, View, WeightPlace } from "./weightView.ts";

/** CSS pixels per weight at most. */
const CLOSEST_PX = 40;
const ZOOM_STEP = 2;

interface WeightZoom {
  view(): View;
  /** Takes the area and the shape that are drawn next; returns the view in it. The view stays where it was zoomed into this shape. */
  fit(area: MapArea, shape: MatrixMask["shape"]): View;
  /** Zooms in (or out) by one step, around `at` or else the middle. */
  zoomIn(at: WeightPlace | null): void;
  zoomOut(at: WeightPlace | null): void;
  /** Shows the full matrix. */
  showAll(): void;
  /** Moves the view to a weight that is outside of it. */
  reveal(place: WeightPlace): void;
}

/** Follows wheel and drag on `plot`; `changed` is called for each new view, except by fit. */
export function createZoom(node: HTMLElement, changed: () => void): WeightZoom {
  let view: View = { scale: 1, x: 0, y: 0 };
  let area: MapArea = { top: 0, width: 0, height: 0, fit: Infinity };
  let shape: MatrixMask["shape"] = [0, 0];
  let fitting = false;
  const plot = select(node);
  const zoomer = zoom<HTMLElement, unknown>()
    .extent(() => [
      [0, area.top],
      [area.width, area.top + area.height],
    ])
    .filter((event: MouseEvent) =>
      isForMap(event, { zoomed: view.scale > area.fit, entered: node.ownerDocument.activeElement === node }),
    )
    .on("zoom", ({ transform: { k, x, y } }: D3ZoomEvent<HTMLElement, unknown>) => {
      view = { scale: k, x, y };
      if (!fitting) changed();
    });
  plot.call(zoomer);

  const showAll = (): void => {
    const [rows, cols] = shape;
    const { width, height, top, fit } = area;
    const [x, y] = [(width - cols * fit) / 2, top + (height - rows * fit) / 2];
    zoomer.transform(plot, zoomIdentity.translate(x, y).scale(fit));
  };
  const step = (factor: number, at: WeightPlace | null): void =>
    zoomer.scaleBy(plot, factor, at ? middleOf(view, at) : undefined);

  return {
    view: () => view,
    fit(nextArea, nextShape) {
      const sameShape = nextShape[0] === shape[0] && nextShape[1] === shape[1];
      if (sameShape && JSON.stringify(nextArea) === JSON.stringify(area)) return view;
      const stay = sameShape && view.scale > area.fit;
      [area, shape] = [nextArea, nextShape];
      const [rows, cols] = shape;
      zoomer.scaleExtent([area.fit, Math.max(area.fit, CLOSEST_PX)]);
      zoomer.translateExtent([
        [0, 0],
        [cols, rows],
      ]);
      fitting = true;
      if (stay) zoomer.translateBy(plot, 0, 0);
      else showAll();
      fitting = false;
      return view;
    },
    zoomIn: (at) => step(ZOOM_STEP, at),
    zoomOut: (at) => step(1 / ZOOM_STEP, at),
    showAll,
    reveal(place) {
      const [x, y] = middleOf(view, place);
      const { top, width, height } = area;
      const seen = x > 0 && x < width && y > top && y < top + height;
      if (!seen) zoomer.translateTo(plot, place.col + 0.5, place.row + 0.5);
    },
  };
}

/** The middle of a weight, CSS pixels of the plot. */
const middleOf = ({ scale, x, y }: View, { row, col }: WeightPlace): [number, number] => [
  x + (col + 0.5) * scale,
  y + (row + 0.5) * scale,
];

/** Keys on the plot and buttons above it; returns what removes the buttons. at: the weight under the cursor. */
export function zoomControls(
  node: HTMLElement,
  plot: HTMLElement,
  zoom: WeightZoom,
  at: () => WeightPlace | null,
): () => void {
  const zoomIn = (): void => zoom.zoomIn(at());
  const zoomOut = (): void => zoom.zoomOut(at());
  plot.addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
    if (ctrlKey || metaKey) return;
    if (key === "+" || key === "=") zoomIn();
    if (key === "-") zoomOut();
    if (key === "0") zoom.showAll();
  });
  return createTools(node, [
    { face: ZoomIn, label: "Zoom in", run: zoomIn },
    { face: ZoomOut, label: "Zoom out", run: zoomOut },
    { face: "Fit", label: "Fit the full matrix", run: zoom.showAll },
  ]);
}
