// The pixels of the gate map: levels, fresh changes and kept counts, updated from what changed. No DOM.
import { bucketEdges } from "../../lib/numbers/sampling.ts";
import { ROWS_PER_BLOCK, rowOf } from "../../lib/numbers/vectors.ts";

/** What the gate map shows. */
export interface GateData {
  layers: number;
  dModel: number;
  /** 5 * layers masks, index 5 * block + k (s1..s5); 0 is pruned, anything else kept. */
  masks: readonly Uint8Array[];
  /** Two runs in one map: for each gate of each mask who keeps it (COMPARED); `masks` are then what both keep. */
  compared?: readonly Uint8Array[];
  /** Fades over from the masks before, for a change of the target; while training, changes flash instead. */
  fade?: boolean;
}

/** State after an update; the GateImage owns the arrays, and its next update changes them. */
export interface GatePass {
  rows: number;
  columns: number;
  /** Kept share of each pixel, 0..255, rows x columns: where dModel is larger than columns, the mean of neighbours. */
  share: Uint8Array;
  /** How strongly a pixel changed, 0..255, rows x columns; fades from update to update. */
  heat: Uint8Array;
  /** Kept gates of each row (4 * layers) and of each dimension (dModel). */
  rowKept: Uint32Array;
  dimKept: Uint16Array;
  /** Gates that differ from the previous update; 0 in the first. */
  changed: number;
}

/** Everything that belongs to one shape of map. */
interface State extends GatePass {
  dModel: number;
  /** Masks of the last update, rows x dModel, each row from a multiple of four. */
  seen: Uint8Array;
  stride: number;
  columnOf: Uint16Array;
  columnWidth: Float32Array;
  columnKept: Uint16Array;
  /** 1 for rows with heat. */
  hot: Uint8Array;
  /** Whether differences count as changes: not in the first update. */
  flash: boolean;
}

/** Follows masks from update to update: compares four gates at a time, and does more only where they differ. */
export class GateImage {
  private state: State | null = null;

  /**
   * Takes in the embedding-side masks.
   * @param maxColumns pixels available across
   * @param heatLeft share (0..1) of the old heat that is still on the screen
   * @throws RangeError where a mask is missing or shorter than dModel
   */
  update(data: GateData, maxColumns: number, heatLeft = 0): GatePass {
    const rows = data.layers * ROWS_PER_BLOCK;
    const columns = Math.max(1, Math.min(data.dModel, Math.floor(maxColumns)));
    const old = this.state;
    const same = old !== null && old.rows === rows && old.columns === columns && old.dModel === data.dModel;
    const state = same ? old : blank(rows, columns, data.dModel);
    this.state = state;
    state.changed = 0;
    state.flash = same;
    for (let row = 0; row < rows; row += 1) {
      const { mask, block, k } = rowOf(row);
      const gates = data.masks[mask];
      if (!gates || gates.length < data.dModel)
        throw new RangeError(
          `expected a mask of ${data.dModel} gates for s${k + 1} of block ${block}, got ${gates?.length ?? "none"}`,
        );
      if (state.hot[row] === 1) fadeRow(state, row, heatLeft);
      takeRow(state, row, gates);
    }
    return state;
  }
}

function blank(rows: number, columns: number, dModel: number): State {
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
    share: new Uint8Array(rows * columns),
    heat: new Uint8Array(rows * columns),
    hot: new Uint8Array(rows),
    rowKept: new Uint32Array(rows),
    dimKept: new Uint16Array(dModel),
    changed: 0,
    flash: false,
  };
}

function fadeRow({ heat, hot, columns }: State, row: number, heatLeft: number): void {
  let any = 0;
  for (let at = row * columns; at < (row + 1) * columns; at += 1) {
    const left = ((heat[at] as number) * heatLeft) | 0;
    heat[at] = left;
    any |= left;
  }
  hot[row] = any === 0 ? 0 : 1;
}

/** Compares four gates at a time with what was seen, as 32-bit words where the mask is aligned. */
function takeRow(state: State, row: number, gates: Uint8Array): void {
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
function takeGate(state: State, row: number, j: number, byte: number): void {
  const { seen, stride, columns, columnOf, columnWidth, columnKept, share, heat, rowKept, dimKept } = state;
  const before = (seen[row * stride + j] as number) === 0 ? 0 : 1;
  const step = (byte === 0 ? 0 : 1) - before;
  seen[row * stride + j] = byte;
  if (step === 0) return;
  const column = columnOf[j] as number;
  const at = row * columns + column;
  const width = columnWidth[column] as number;
  const kept = (columnKept[at] as number) + step;
  columnKept[at] = kept;
  share[at] = (kept * 255) / width;
  rowKept[row] = (rowKept[row] as number) + step;
  dimKept[j] = (dimKept[j] as number) + step;
  if (!state.flash) return;
  state.changed += 1;
  state.hot[row] = 1;
  heat[at] = Math.min(255, (heat[at] as number) + Math.max(1, 255 / width));
}
