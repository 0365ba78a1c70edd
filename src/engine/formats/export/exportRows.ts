// Exports a tensor some rows at a time: cut or zeroed, then converted to the chosen dtype. Only those rows are in memory.
import type { cutMatrix, Kept } from "../../masks/compact.ts";
import { keptOfRows } from "../../masks/compact.ts";
import type { Dtype } from "../../dtype.ts";
import { converted } from "./exportFiles.ts";
import { CHUNK_BYTES } from "../files/outputFile.ts";
import type { Weights } from "../safetensors/safetensors.ts";

interface RowsExport {
  /** Kept rows and columns; all by default. */
  kept?: Kept | undefined;
  /** How pruned rows and columns are removed: `cutMatrix` or `zeroMatrix`. */
  edit?: typeof cutMatrix;
  /** Alternatively, edits the bytes of `count` complete rows from `firstRow` on. */
  rows?: (bytes: Uint8Array<ArrayBuffer>, firstRow: number, count: number) => Uint8Array<ArrayBuffer>;
  target: Dtype;
  /** Source bytes in memory at a time; at least one row. */
  chunkBytes?: number;
}

/** The exported bytes of tensor `name`, in order. Throws "format" for a missing tensor, "not-finite" for a value too large for `target`. */
export async function* exportRows(
  weights: Pick<Weights, "info" | "readRows">,
  name: string,
  { kept, edit, rows: editRows, target, chunkBytes = CHUNK_BYTES }: RowsExport,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { dtype, shape, begin, end } = weights.info(name);
  const [rows = 1, ...rest] = shape;
  const atOnce = Math.max(1, Math.floor((chunkBytes * rows) / Math.max(1, end - begin)));
  for (let first = 0; first < rows; first += atOnce) {
    const count = Math.min(atOnce, rows - first);
    const bytes = await weights.readRows(name, first, count);
    const cut = kept && edit ? edit(bytes, dtype, [count, ...rest], keptOfRows(kept, first, count)) : bytes;
    const edited = editRows ? editRows(cut, first, count) : cut;
    if (edited.length > 0) yield converted(edited, dtype, target, name);
  }
}
