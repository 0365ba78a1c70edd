// Norms of the calibration activations, block by block and neuron by neuron: the scores of single weights are made of them.
import { createChart, type Chart } from "../../lib/frame/chart.ts";
import type { Frame } from "../../lib/frame/frame.ts";
import { drawLegend } from "../../lib/marks/legend.ts";
import { colourRamp, resolveColour } from "../../lib/frame/theme.ts";
import { drawWords } from "../../lib/marks/words.ts";
import { NORM_PLACES, normCorner, normsGeometry } from "./normsGeometry.ts";
import type { NormPlace, NormsData, NormsGeometry } from "./normsGeometry.ts";

/** Draws the map into `node`. */
export function norms(node: HTMLElement): Chart<NormsData> {
  return createChart<NormsData, NormsGeometry, NormPlace>(node, "norms", (frame) => ({
    geometry: normsGeometry,
    draw: createNorms(frame),
    places: NORM_PLACES,
    mark: createNormMark(frame),
  }));
}

/** Makes the layers; the returned function draws in them. */
function createNorms(frame: Frame): (geometry: NormsGeometry) => void {
  const [legend, words] = [frame.svg.append("g"), frame.svg.append("g")];
  const canvas = frame.canvas("chart-norms");
  return (geometry) => {
    drawLegend(legend, geometry.legend);
    drawWords(words, geometry.words);
    paint(canvas, geometry, frame.plot);
  };
}

/** One canvas pixel per column and row, stretched over the area. */
function paint(canvas: HTMLCanvasElement, { image, area, shown }: NormsGeometry, plot: HTMLElement): void {
  const [columns, rows] = [image.columns, shown.length];
  const { left, top, width, rowPx } = area;
  canvas.width = columns;
  canvas.height = rows;
  const place = `left:${left}px;top:${top}px;width:${width}px;height:${rows * rowPx}px`;
  canvas.style.cssText = `${place};image-rendering:pixelated`;
  const context = canvas.getContext("2d");
  if (!context) return;
  const ramp = colourRamp(resolveColour(plot, "--chart-pruned"), resolveColour(plot, "--chart-penalty"));
  const pixels = new ImageData(columns, rows);
  const words = new Uint32Array(pixels.data.buffer);
  image.levels.forEach((level, i) => (words[i] = ramp[level] as number));
  context.putImageData(pixels, 0, 0);
}

/** A narrow outline around the chosen neuron. */
function createNormMark({ svg }: Frame): (geometry: NormsGeometry, at: NormPlace | null) => void {
  const mark = svg.append("path").attr("class", "chart-cursor").style("display", "none");
  return (geometry, at) => {
    const chosen = at && geometry.shown[at.row] ? at : null;
    mark.style("display", chosen ? "" : "none");
    if (!chosen) return;
    const { x, y } = normCorner(geometry, chosen);
    mark.attr("d", `M${x - 2},${y - 1}h4v${geometry.area.rowPx + 2}h-4z`);
  };
}
