// Rows of a matrix as the open model computes with them, and what a pruning made of them. Plain data.
import { isBlockDtype, quantisedOnOpening } from "../../../dtype.ts";
import { dequantized } from "../../../formats/gguf/dequantize.ts";
import { openedStorage } from "../../../model/matrixStorage.ts";
import type { OpenedModel } from "../../../model/open.ts";
import { rowValues } from "../weightWindow.ts";

/**
 * Values of rows [first, first + count) of a matrix, row by row: those of its file (dequantised where that is quantised), or of the blocks
 * that it was quantised to when it was opened. Throws "format" where the file has no tensor of this name.
 */
export async function openedRows(
  { storage, config, weights }: Pick<OpenedModel, "storage" | "config" | "weights">,
  name: string,
  first: number,
  count: number,
): Promise<Float32Array<ArrayBuffer>> {
  const stored = quantisedOnOpening(storage) ? openedStorage(storage, config, weights) : undefined;
  const type = stored?.dtypeOf(name) ?? "f32";
  if (!stored?.blocks || !isBlockDtype(type)) return rowValues(weights, name, first, count);
  const [, columns = 0] = weights.info(name).shape;
  return dequantized(type, await stored.blocks(name, first, count), count * columns);
}
