// The state of the gate map's pixels, updated row by row from the gates that changed.
import { bucketEdges } from "../../lib/numbers/sampling.ts";

/** State after an update; the GateImage owns the arrays, and its next update changes them. */
export interface GatePass {
  rows: number;
  columns: number;
  /** Kept share of each pixel, 0..255, rows x columns: where dModel is larger than columns, the mean of neighbours. */
  levels: Uint8Array;
  /** How strongly a pixel changed, 0..255, rows x columns; fades from update to update. */
  heat: Uint8Array;
  /** Kept gates of each row (4 * layers) and of each dimension (dModel). */
  rowKept: Uint32Array;
  dimKept: Uint16Array;
  /** Gates that differ from the previous update; 0 in the first. */
  changed: number;
}

/** A pass with what the next one needs. Made for one size of map. */
export interface GateState extends GatePass {
  dModel: number;
  /** Masks of the last update, rows x dModel, each row from a multiple of four. */
  seen: Uint8Array;
  stride: number;
  /** Column of each dimension, dimensions of each column, and kept gates of each pixel. */
  columnOf: Uint16Array;
  columnWidth: Float32Array;
  columnKept: Uint16Array;
  /** 1 for rows with heat. */
  hot: Uint8Array;
  /** Whether differences count as changes: not in the first update. */
  flash: boolean;
}

/** All pruned; `rows` x `columns` pixels for rows of `dModel` gates. */
export function blankState(rows: number, columns: number, dModel: number): GateState {
  const edges = bucketEdges(dModel, columns);
  const columnOf = new Uint16Array(dModel);
  for (let c = 0; c < columns; c += 1) columnOf.fill(c, edges[c], edges[c + 1]);
  const stride = Math.ceil(dModel / 4) * 4;
  return {
    rows,
    columns,
    dModel,
    stride,
    columnOf,
    columnWidth: Float32Array.from({ length: columns }, (_, c) => (edges[c + 1] ?? 0) - (edges[c] ?? 0)),
    seen: new Uint8Array(rows * stride),
    columnKept: new Uint16Array(rows * columns),
    levels: new Uint8Array(rows * columns),
    heat: new Uint8Array(rows * columns),
    hot: new Uint8Array(rows),
    rowKept: new Uint32Array(rows),
    dimKept: new Uint16Array(dModel),
    changed: 0,
    flash: false,
  };
}

/** Leaves `heatLeft` (0..1) of the heat of a row. */
export function fadeRow({ heat, hot, columns }: GateState, row: number, heatLeft: number): void {
  let any = 0;
  for (let at = row * columns; at < (row + 1) * columns; at += 1) {
    const left = ((heat[at] as number) * heatLeft) | 0;
    heat[at] = left;
    any |= left;
  }
  hot[row] = any === 0 ? 0 : 1;
}

/** Takes the gates of a row: compares four at a time with those seen last, as 32-bit words, where the mask is aligned. */
export function takeRow(state: GateState, row: number, gates: Uint8Array): void {
  const { seen, stride, dModel } = state;
  const start = row * stride;
  const aligned = gates.byteOffset % 4 === 0;
  const words = aligned ? dModel >> 2 : 0;
  if (aligned) {
    const now = new Uint32Array(gates.buffer, gates.byteOffset, words);
    const before = new Uint32Array(seen.buffer, start, words);
    for (let w = 0; w < words; w += 1) {
      if (now[w] === before[w]) continue;
      for (let j = 4 * w; j < 4 * w + 4; j += 1) takeGate(state, row, j, gates[j] as number);
    }
  }
  for (let j = 4 * words; j < dModel; j += 1) takeGate(state, row, j, gates[j] as number);
}

/** Takes gate j of a row: 0 is pruned, anything else kept. */
function takeGate(state: GateState, row: number, j: number, byte: number): void {
  const { seen, stride, columns, columnOf, columnWidth, columnKept, levels, heat, rowKept, dimKept } = state;
  const before = (seen[row * stride + j] as number) === 0 ? 0 : 1;
  const step = (byte === 0 ? 0 : 1) - before;
  seen[row * stride + j] = byte;
  if (step === 0) return;
  const column = columnOf[j] as number;
  const at = row * columns + column;
  const width = columnWidth[column] as number;
  const kept = (columnKept[at] as number) + step;
  columnKept[at] = kept;
  levels[at] = (kept * 255) / width;
  rowKept[row] = (rowKept[row] as number) + step;
  dimKept[j] = (dimKept[j] as number) + step;
  if (!state.flash) return;
  state.changed += 1;
  state.hot[row] = 1;
  heat[at] = Math.min(255, (heat[at] as number) + Math.max(1, 255 / width));
}
