// The pixels of the gate map: levels, fresh changes and kept counts, updated from what changed. No DOM.
import { type MapSide, ROW_VECTORS, rowOf } from "../../lib/numbers/vectors.ts";
import type { DimensionOrder } from "./dimensionOrder.ts";
import { blankState, fadeRow, type GatePass, type GateState, takeRow } from "./gateState.ts";

/** What the gate map shows. */
export interface GateData {
  layers: number;
  dModel: number;
  /** 5 * layers masks, index 5 * block + k (s1..s5); 0 is pruned, anything else kept. */
  masks: readonly Uint8Array[];
  /** Which vectors of a block are rows; "embedding" if left out. For the middle of the MLP, dModel is its width. */
  side?: MapSide;
  /** Order of the columns; by index if left out. */
  order?: DimensionOrder;
  /** Of the masks: the gate logits of each vector, null for a vector that is not trained. Left out while they are not known. */
  logits?: readonly (Float32Array | null)[];
  /** While those are not known yet: gate logits of an earlier step of the run, which sort the columns. */
  earlier?: { logits: readonly (Float32Array | null)[]; step: number };
  /** Probability (0..1) that training keeps a gate of this logit in a step. */
  keepProbability?: (logit: number) => number;
  /** Why there are no gate logits, in words. */
  noLogits?: string;
  /** Blocks (first and last) and dimensions that are selected, null for all, and both in words; null: nothing is. */
  selected?: {
    blocks: readonly [number, number] | null;
    dimensions: readonly number[] | null;
    words: string | null;
  };
  /** What the masks are, where they are not the current ones: "step 20 of 600, not the current masks". */
  past?: string;
  /** Two runs in one map: for each gate of each mask who keeps it (COMPARED); `masks` are then what both keep. */
  compared?: readonly Uint8Array[];
  /** Fades over from the masks before, for a change of the target; while training, changes flash instead. */
  fade?: boolean;
}

/** Follows masks from update to update: compares four gates at a time, and does more only where they differ. */
export class GateImage {
  private state: GateState | null = null;
  private side: MapSide = "embedding";

  /**
   * Takes in the masks of the rows.
   * @param maxColumns pixels available across
   * @param heatLeft share (0..1) of the old heat that is still on the screen
   * @throws RangeError where a mask is missing or shorter than dModel
   */
  update(data: GateData, maxColumns: number, heatLeft = 0): GatePass {
    const { side = "embedding" } = data;
    const rows = data.layers * ROW_VECTORS[side].length;
    const columns = Math.max(1, Math.min(data.dModel, Math.floor(maxColumns)));
    const old = this.state;
    const same =
      old !== null && this.side === side && old.rows === rows && old.columns === columns && old.dModel === data.dModel;
    const state = same ? old : blankState(rows, columns, data.dModel);
    this.state = state;
    this.side = side;
    state.changed = 0;
    state.flash = same;
    for (let row = 0; row < rows; row += 1) {
      const { mask, block, k } = rowOf(row, side);
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
