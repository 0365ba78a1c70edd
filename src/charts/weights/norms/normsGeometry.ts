// Norms of the calibration activations: from numbers to an image, its place, the words around it and what a tip says.
import { significant, whole } from "../../../shared/format.ts";
import type { Geometry, Places } from "../../lib/frame/chart.ts";
import type { Space } from "../../lib/frame/frame.ts";
import { legendGeometry, type LegendGeometry } from "../../lib/marks/legend.ts";
import { clampIndex } from "../../lib/numbers/span.ts";
import type { Words } from "../../lib/marks/words.ts";
import { normImage, sortedNorms, type NormImage } from "./normImage.ts";

export interface NormsData {
  /** Norms of the neurons, by block. */
  rows: readonly Float32Array[];
  /** What the neurons are, as in "input of gate and up". */
  what: string;
  /** Each block's largest norm first. */
  sorted: boolean;
}

/** Place of the image, CSS pixels. */
interface NormsArea {
  left: number;
  top: number;
  width: number;
  rowPx: number;
}

export interface NormsGeometry extends Geometry {
  /** By block: norms in the order of the image, and which neuron each is of; null where that is its index. */
  shown: readonly { norms: Float32Array; from: Uint32Array | null }[];
  image: NormImage;
  area: NormsArea;
  legend: LegendGeometry;
  words: readonly Words[];
}

export interface NormPlace {
  row: number;
  /** Position in the row. */
  neuron: number;
}

const LEFT_PX = 42;
const FOOT_PX = 18;
const ROW_PX = { least: 4, most: 22 };
const MAP_PX = 200;
/** Least distance of block numbers. */
const LABEL_PX = 14;

const rangeText = (value: number): string => significant(value, 2);

/** Lays the map out: a row for each block, at most one column per pixel. */
export function normsGeometry(data: NormsData, space: Space): NormsGeometry {
  const { rows, what, sorted } = data;
  const shown = rows.map((row) => (sorted ? sortedNorms(row) : { norms: row, from: null }));
  const width = space.width - LEFT_PX - 2;
  const image = normImage(
    shown.map(({ norms }) => norms),
    width,
  );
  const [low, high] = [rangeText(image.low), rangeText(image.high)];
  const items = [
    { label: low, colour: "--chart-pruned" },
    { label: `to ${high}, log scale`, colour: "--chart-penalty" },
    { label: `norm of the ${what}${sorted ? ", each block’s largest first" : ""}` },
  ];
  const legend = legendGeometry(items, space);
  const rowPx = Math.max(ROW_PX.least, Math.min(ROW_PX.most, Math.floor(MAP_PX / rows.length)));
  const area = { left: LEFT_PX, top: legend.height + 6, width, rowPx };
  const neurons = rows[0]?.length ?? 0;
  return {
    shown,
    image,
    area,
    legend,
    words: wordsOf(data, area),
    height: area.top + rows.length * rowPx + FOOT_PX,
    name:
      `Norms of the ${what} over the calibration tokens in ${rows.length} blocks of ${whole(neurons)} neurons, ` +
      `from ${low} to ${high}.`,
  };
}

/** Block numbers beside the rows, and the ends of the axis of neurons below. */
function wordsOf({ rows, sorted }: NormsData, { left, top, width, rowPx }: NormsArea): Words[] {
  const every = Math.ceil(LABEL_PX / rowPx);
  const blocks = rows.flatMap((_, row): Words[] => {
    if (row % every !== 0) return [];
    return [{ x: left - 6, y: top + (row + 0.5) * rowPx + 4, text: String(row), anchor: "end" }];
  });
  const y = top + rows.length * rowPx + 13;
  const last = whole((rows[0]?.length ?? 1) - 1);
  return [
    ...blocks,
    { x: left - 6, y, text: "block", anchor: "end" },
    { x: left, y, text: sorted ? "largest" : "neuron 0" },
    { x: left + width, y, text: sorted ? "smallest" : last, anchor: "end" },
  ];
}

/** Left edge of a neuron's middle and upper edge of its row. */
export function normCorner({ shown, area }: NormsGeometry, { row, neuron }: NormPlace): { x: number; y: number } {
  const count = shown[row]?.norms.length ?? 1;
  return { x: area.left + ((neuron + 0.5) * area.width) / count, y: area.top + row * area.rowPx };
}

export const NORM_PLACES: Places<NormsGeometry, NormPlace> = {
  locate({ shown, area }, x, y) {
    const neurons = shown[0]?.norms.length ?? 0;
    const row = Math.floor((y - area.top) / area.rowPx);
    const neuron = Math.floor(((x - area.left) * neurons) / area.width);
    return row >= 0 && row < shown.length && neuron >= 0 && neuron < neurons ? { row, neuron } : null;
  },
  move({ shown }, at, dx, dy) {
    if (!at) return { row: 0, neuron: 0 };
    const neurons = shown[0]?.norms.length ?? 0;
    return { row: clampIndex(at.row + dy, shown.length), neuron: clampIndex(at.neuron + dx, neurons) };
  },
  tip(geometry, at) {
    const row = geometry.shown[at.row];
    if (!row) return null;
    const { x, y } = normCorner(geometry, at);
    const rank = row.from ? [{ label: "rank in the block", value: whole(at.neuron + 1) }] : [];
    const rows = [{ label: "norm", value: significant(row.norms[at.neuron] ?? 0, 4) }, ...rank];
    const title = `block ${at.row}, neuron ${row.from?.[at.neuron] ?? at.neuron}`;
    return { x, y: y + geometry.area.rowPx, tip: { title, rows } };
  },
};
