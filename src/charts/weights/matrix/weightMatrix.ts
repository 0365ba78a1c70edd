// A matrix at the level of weights: magnitude with the mask over it, or which of two prunings keeps what. Where a cell has several weights, a closer look is read.
import type { MatrixCells } from "../../../engine/index.ts";
import { createChart, type Chart, type LiveChart } from "../../lib/frame/chart.ts";
import { drawLegend } from "../../lib/marks/legend.ts";
import { createAreaMark } from "../map/areaMark.ts";
import { areaBox, type MapArea, WEIGHT_PLACES } from "../map/weightGeometry.ts";
import type { MatrixArea, View, WeightPlace } from "../map/weightView.ts";
import { createZoom, zoomControls } from "../map/weightZoom.ts";
import { areaInView, cellAt, type Cells, cellsPerPixel, coarser } from "./cellView.ts";
import { MatrixCanvas } from "./matrixCanvas.ts";
import type { MatrixData } from "./matrixData.ts";
import { cellTip, matrixArea, type MatrixGeometry, matrixGeometry } from "./matrixGeometry.ts";

export interface WeightMatrixOptions {
  /** Cells of a part of the matrix of `data`; rejects where it cannot be read. */
  read(data: MatrixData, area: MatrixArea): Promise<MatrixCells>;
}

/** A closer look is read once the view has rested so long. */
const REST_MS = 150;

/** Draws the matrix into `node`. A matrix of another shape is shown in full; others keep the view. */
export function weightMatrix(node: HTMLElement, { read }: WeightMatrixOptions): Chart<MatrixData> {
  const chart: LiveChart<MatrixData, WeightPlace> = createChart(node, "weight-matrix", (frame) => {
    const zoom = createZoom(frame.plot, () => chart.redraw());
    const layers = createLayers(read, () => chart.redraw());
    const legend = frame.svg.append("g");
    const mark = createAreaMark(frame);
    const canvas = new MatrixCanvas(frame);
    let laidOut = { area: "", data: null as MatrixData | null };
    const cellsAt = (geometry: MatrixGeometry, at: WeightPlace) => {
      const known = layers.of(geometry).filter((cells) => cellAt(cells, at));
      return known.at(-1) ?? geometry.data.cells;
    };
    const removeControls = zoomControls(node, frame.plot, zoom, () => chart.cursor.at());
    return {
      geometry(data, space) {
        const area = matrixArea(data, space);
        const view = zoom.fit(area, data.shape);
        const step = layers.of({ data, area, view }).at(-1)?.step ?? 1;
        return matrixGeometry(data, { area, view, step }, space);
      },
      draw(geometry, anew) {
        const { data, area, view } = geometry;
        drawLegend(legend, geometry.legend);
        const key = JSON.stringify(area);
        if (anew || key !== laidOut.area || data !== laidOut.data) canvas.layout(area, data, devicePixelRatio);
        laidOut = { area: key, data };
        canvas.paint(data, layers.of(geometry), view);
      },
      places: {
        locate: WEIGHT_PLACES.locate,
        move(geometry, at, dx, dy) {
          // a cell at a time
          const step = at ? cellsAt(geometry, at).step : 1;
          const to = WEIGHT_PLACES.move(geometry, at, dx * step, dy * step);
          if (to) zoom.reveal(to);
          return to;
        },
        tip(geometry, at) {
          const found = cellTip(geometry.data, cellsAt(geometry, at), at);
          if (!found) return null;
          const { x, y, width } = areaBox(geometry, found.area);
          return { x: x + width, y, tip: found.tip };
        },
      },
      mark(geometry, at) {
        const area = at && cellAt(cellsAt(geometry, at), at)?.area;
        mark(area ? areaBox(geometry, area) : null);
      },
      destroy() {
        removeControls();
        layers.destroy();
      },
    };
  });
  return chart;
}

interface Shown {
  data: MatrixData;
  area: MapArea;
  view: View;
}

/** The cells that a view needs: all of the matrix in cells of at least a pixel, and above them the part in view in smaller ones once it is read. */
function createLayers(read: WeightMatrixOptions["read"], changed: () => void) {
  let data: MatrixData | null = null;
  let whole: { factor: number; cells: Cells } | null = null;
  let closer: MatrixCells | null = null;
  let wanted = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = (of: MatrixData, area: MatrixArea): void => {
    read(of, area).then(
      (cells) => {
        if (of !== data) return;
        closer = cells;
        changed();
      },
      // the picture stays as it is; another view asks again
      () => (wanted = ""),
    );
  };
  return {
    of({ data: next, area, view }: Shown): Cells[] {
      if (next !== data) [data, whole, closer, wanted] = [next, null, null, ""];
      const pixels = view.scale * devicePixelRatio;
      const factor = cellsPerPixel(next.cells, pixels);
      if (whole?.factor !== factor) whole = { factor, cells: coarser(next.cells, factor) };
      if (next.cells.step === 1 || view.scale <= area.fit) return [whole.cells];
      const part = areaInView(next.shape, view, area);
      const key = JSON.stringify(part);
      if (key !== wanted) {
        wanted = key;
        clearTimeout(timer);
        timer = setTimeout(() => ask(next, part), REST_MS);
      }
      return closer ? [whole.cells, coarser(closer, cellsPerPixel(closer, pixels))] : [whole.cells];
    },
    destroy: () => clearTimeout(timer),
  };
}
