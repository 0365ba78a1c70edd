// The pixels of the gate map: levels, fresh changes and kept counts, updated from what changed. No DOM.
import { ROWS_PER_BLOCK, rowOf } from "../../lib/numbers/vectors.ts";
import { blankState, fadeRow, type GatePass, type GateState, takeRow } from "./gateState.ts";

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

/** Follows masks from update to update: compares four gates at a time, and does more only where they differ. */
export class GateImage {
  private state: GateState | null = null;

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
    const state = same ? old : blankState(rows, columns, data.dModel);
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
