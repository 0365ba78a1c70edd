// Norms of the calibration activations, layer by layer and neuron by neuron: what the scores of single weights rest on.
import { whole } from "../../../shared/format.ts";
import { addText } from "../../lib/axes.ts";
import { createCursor } from "../../lib/cursor.ts";
import { chartOf, createFrame } from "../../lib/frame.ts";
import type { Chart } from "../../lib/frame.ts";
import { drawLegend } from "../../lib/legend.ts";
import { normImage, sortedNorms } from "./normImage.ts";

import { colourRamp, resolveColour } from "../../lib/theme.ts";

export interface NormsData {
  /** Norms of the neurons, by block. */
  rows: readonly Float32Array[];
  /** What the neurons are, as in "input of gate and up". */
  what: string;
  /** Each block's largest norm first. */
  sorted: boolean;
}

interface At {
  row: number;
  neuron: number;
}

const LEFT_PX = 42;
const FOOT_PX = 18;
const ROW_PX = { least: 4, most: 22 };
const MAP_PX = 200;

/** Draws the map into `node`. */
export function norms(node: HTMLElement): Chart<NormsData> {
  let data: NormsData | null = null;
  let shown: readonly { norms: Float32Array; from: Uint32Array | null }[] = [];
  let place = { top: 0, width: 0, rowPx: 0 };

  const frame = createFrame(node, "norms", (width) => {
    if (!data) return 0;
    const count = data.rows.length;
    const rowPx = Math.max(ROW_PX.least, Math.min(ROW_PX.most, Math.floor(MAP_PX / count)));
    const columns = width - LEFT_PX - 2;
    const image = normImage(
      shown.map((row) => row.norms),
      columns,
    );
    const items = [
      { label: `${image.low.toPrecision(2)} or less`, colour: "--chart-pruned" },
      { label: `${image.high.toPrecision(2)} (logarithmic between)`, colour: "--chart-penalty" },
      { label: `norms of the ${data.what}${data.sorted ? ", each block’s largest first" : ""}` },
    ];
    place = { top: drawLegend(legend, items, 0, 0, width) + 6, width: columns, rowPx };
    paint(image, count);
    labels.selectAll("*").remove();
    const every = Math.ceil(14 / rowPx);
    for (let row = 0; row < count; row += every)
      addText(labels, LEFT_PX - 6, place.top + (row + 0.5) * rowPx + 4, String(row), { anchor: "end" });
    const foot = place.top + count * rowPx + 13;
    addText(labels, LEFT_PX - 6, foot, "block", { anchor: "end" });
    addText(labels, LEFT_PX, foot, data.sorted ? "largest" : "neuron 0");
    const last = (data.rows[0]?.length ?? 1) - 1;
    addText(labels, LEFT_PX + columns, foot, data.sorted ? "smallest" : whole(last), { anchor: "end" });
    frame.label(
      `Norms of the ${data.what} over the calibration tokens in ${count} blocks of ${whole(last + 1)} neurons, ` +
        `from ${image.low.toPrecision(2)} to ${image.high.toPrecision(2)}.`,
    );
    cursor.refresh();
    return place.top + count * rowPx + FOOT_PX;
  });
  const legend = frame.svg.append("g");
  const labels = frame.svg.append("g");
  const mark = frame.svg.append("path").attr("class", "chart-cursor").style("display", "none");
  const canvas = frame.canvas("chart-norms");

  function paint({ columns, levels }: ReturnType<typeof normImage>, rows: number): void {
    const { top, width, rowPx } = place;
    canvas.width = columns;
    canvas.height = rows;
    canvas.style.cssText = `left:${LEFT_PX}px;top:${top}px;width:${width}px;height:${rows * rowPx}px;image-rendering:pixelated`;
    const ramp = colourRamp(resolveColour(frame.plot, "--chart-pruned"), resolveColour(frame.plot, "--chart-penalty"));
    const image = new ImageData(columns, rows);
    const words = new Uint32Array(image.data.buffer);
    levels.forEach((level, i) => (words[i] = ramp[level] as number));
    canvas.getContext("2d")?.putImageData(image, 0, 0);
  }

  const inside = (v: number, count: number): number => Math.max(0, Math.min(count - 1, v));
  const cursor = createCursor<At>(frame, {
    locate(x, y) {
      if (!data) return null;
      const neurons = data.rows[0]?.length ?? 0;
      const row = Math.floor((y - place.top) / place.rowPx);
      const neuron = Math.floor(((x - LEFT_PX) * neurons) / place.width);
      return row >= 0 && row < data.rows.length && neuron >= 0 && neuron < neurons ? { row, neuron } : null;
    },
    move(at, dx, dy) {
      if (!data) return null;
      if (!at) return { row: 0, neuron: 0 };
      const neurons = data.rows[0]?.length ?? 0;
      return { row: inside(at.row + dy, data.rows.length), neuron: inside(at.neuron + dx, neurons) };
    },
    show(at) {
      const row = at ? shown[at.row] : undefined;
      mark.style("display", row ? "" : "none");
      if (!at || !row) return null;
      const x = LEFT_PX + ((at.neuron + 0.5) * place.width) / row.norms.length;
      const y = place.top + at.row * place.rowPx;
      mark.attr("d", `M${x - 2},${y - 1}h4v${place.rowPx + 2}h-4z`);
      const norm = row.norms[at.neuron] ?? 0;
      const rank = row.from ? [{ label: "rank in the block", value: whole(at.neuron + 1) }] : [];
      const title = `block ${at.row}, neuron ${row.from?.[at.neuron] ?? at.neuron}`;
      return { x, y: y + place.rowPx, tip: { title, rows: [{ label: "norm", value: norm.toPrecision(4) }, ...rank] } };
    },
  });

  return chartOf(frame, (next) => {
    data = next;
    shown = next.rows.map((row) => (next.sorted ? sortedNorms(row) : { norms: row, from: null }));
  });
}
