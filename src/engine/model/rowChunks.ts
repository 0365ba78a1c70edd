// A few rows of a matrix as they are uploaded: padded, in half precision, or as the blocks of their file.
import { isBlockDtype, MAX_HALF, type MatrixDtype, packedHalves } from "../dtype.ts";
import { EngineError } from "../errors.ts";
import { gpuBlocks } from "../formats/gguf/gpuBlocks.ts";
import { elementBytes } from "../tensor.ts";

/** What belongs at a row of a chunk: blocks as in the file, or values. */
export interface Piece {
  at: number;
  /** Values per row, without padding. */
  cols: number;
  data: Uint8Array | Float32Array;
}

/** A chunk of `count` rows as it is uploaded. Throws "unsupported" for a value that f16 cannot represent. */
export function chunkData(
  label: string,
  dtype: MatrixDtype,
  { pieces, width, count }: { pieces: readonly Piece[]; width: number; count: number },
): Float32Array | Uint8Array {
  if (isBlockDtype(dtype)) {
    const rowBytes = width * elementBytes(dtype);
    const stored = new Uint8Array(count * rowBytes);
    for (const { at, data } of pieces) stored.set(data, at * rowBytes);
    return gpuBlocks(dtype, stored, label);
  }
  const values = paddedRows(pieces, width, count);
  return dtype === "f16" ? packedHalves(checkedForHalves(label, values)) : values;
}

/** Rows of `width` values, padded with zeros. Pieces that fill their rows are not copied where one is all. */
function paddedRows(pieces: readonly Piece[], width: number, count: number): Float32Array {
  const [first] = pieces;
  if (first?.data instanceof Float32Array && first.data.length === count * width) return first.data;
  const values = new Float32Array(count * width);
  for (const { at, data, cols } of pieces) {
    for (let r = 0; r * cols < data.length; r++) values.set(data.subarray(r * cols, (r + 1) * cols), (at + r) * width);
  }
  return values;
}

function checkedForHalves(name: string, values: Float32Array): Float32Array {
  const tooLarge = values.find((value) => Math.abs(value) > MAX_HALF);
  if (tooLarge === undefined) return values;
  throw new EngineError(
    "unsupported",
    `tensor '${name}': expected values from -${MAX_HALF} to ${MAX_HALF} for half precision, got ${tooLarge}. Load this model in full precision.`,
    { name, value: String(tooLarge) },
  );
}
