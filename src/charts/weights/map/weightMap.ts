// The keep-mask of one matrix, from the full matrix down to single weights with the scores that they competed by.
import { createChart, type Chart, type LiveChart } from "../../lib/frame/chart.ts";
import type { Frame } from "../../lib/frame/frame.ts";
import { drawLegend } from "../../lib/marks/legend.ts";
import { createAreaMark } from "./areaMark.ts";
import { WeightCanvas } from "./weightCanvas.ts";
import { areaBox, competitors, mapArea, WEIGHT_PLACES, weightGeometry } from "./weightGeometry.ts";
import type { WeightGeometry, WeightMapData } from "./weightGeometry.ts";
import { WeightTiles } from "./weightTiles.ts";
import { weightTip, type WeightValues } from "./weightTip.ts";
import type { MatrixArea, WeightPlace } from "./weightView.ts";
import { createZoom, zoomControls } from "./weightZoom.ts";

export interface WeightMapOptions {
  /** Values and scores of a part of the matrix `name` that is in view. */
  window(name: string, area: MatrixArea): Promise<WeightValues>;
}

/** Draws the mask into `node`. A matrix of another shape is shown in full; others keep the view. */
export function weightMap(node: HTMLElement, { window }: WeightMapOptions): Chart<WeightMapData> {
  const chart: LiveChart<WeightMapData, WeightPlace> = createChart(node, "weight-map", (frame) => {
    const zoom = createZoom(frame.plot, () => chart.redraw());
    const tiles = createTiles(window, () => chart.cursor.refresh(frame.plot.matches(":focus-visible")));
    const draw = createPicture(frame);
    const mark = createAreaMark(frame);
    return {
      geometry(data, space) {
        tiles.follow(data);
        const area = mapArea(data.shape, space.width);
        return weightGeometry(data, zoom.fit(area, data.shape), area, space);
      },
      draw,
      places: {
        locate: WEIGHT_PLACES.locate,
        move(geometry, at, dx, dy) {
          const to = WEIGHT_PLACES.move(geometry, at, dx, dy);
          if (to) zoom.reveal(to);
          return to;
        },
        tip(geometry, at) {
          const group = competitors(geometry.data, at);
          const { x, y, width } = areaBox(geometry, group);
          return { x: x + width, y, tip: weightTip(geometry.data, at, group, tiles.at(at)) };
        },
      },
      mark: (geometry, at) => mark(at && areaBox(geometry, competitors(geometry.data, at))),
      destroy: zoomControls(node, frame.plot, zoom, () => chart.cursor.at()),
    };
  });
  return chart;
}

/** Tiles of the matrix that is shown; another matrix or mask starts anew. `arrived` is called for its tiles only. */
function createTiles(window: WeightMapOptions["window"], arrived: () => void) {
  let shown: WeightMapData | null = null;
  let tiles: WeightTiles | null = null;
  return {
    follow(data: WeightMapData): void {
      const { name, bits, shape, group } = data;
      const same = shown?.bits === bits && shown.name === name;
      shown = data;
      if (same) return;
      const read = (area: MatrixArea): Promise<WeightValues> => window(name, area);
      tiles = new WeightTiles(read, shape, group ?? 1, () => {
        if (shown?.bits === bits) arrived();
      });
    },
    at: (place: WeightPlace): WeightValues | string => tiles?.at(place) ?? "",
  };
}

/** Makes the layers; the returned function draws in them. */
function createPicture(frame: Frame): (geometry: WeightGeometry, anew: boolean) => void {
  const legend = frame.svg.append("g");
  const canvas = new WeightCanvas(frame);
  let drawn = "";
  return (geometry, anew) => {
    const { data, view, area } = geometry;
    drawLegend(legend, geometry.legend);
    if (anew || JSON.stringify(area) !== drawn) canvas.layout(area, devicePixelRatio);
    drawn = JSON.stringify(area);
    canvas.paint(data, { ...view, y: view.y - area.top }, competitors(data, { row: 0, col: 0 }));
  };
}
