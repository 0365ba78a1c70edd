// Transposes a matrix for export, some rows of the result at a time.
import { CHUNK_BYTES } from "../files/outputFile.ts";

interface MatrixShape {
  rows: number;
  columns: number;
  /** 2 or 4. */
  elementBytes: number;
  /** Bytes of the result per chunk; at least one row. */
  chunkBytes?: number;
}

/** The matrix (rows, columns) in `bytes` as (columns, rows), row-major, in chunks of complete rows of the result. */
export function* transposedChunks(
  bytes: Uint8Array<ArrayBuffer>,
  { rows, columns, elementBytes, chunkBytes = CHUNK_BYTES }: MatrixShape,
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const Words = elementBytes === 2 ? Uint16Array : Uint32Array;
  const { buffer, byteOffset } = bytes.byteOffset % elementBytes === 0 ? bytes : bytes.slice();
  const source = new Words(buffer, byteOffset, rows * columns);
  const atOnce = Math.max(1, Math.floor(chunkBytes / (rows * elementBytes)));
  for (let first = 0; first < columns; first += atOnce) {
    const count = Math.min(atOnce, columns - first);
    const out = new Words(count * rows);
    for (let row = 0; row < rows; row++) {
      const from = row * columns + first;
      for (let i = 0; i < count; i++) out[i * rows + row] = source[from + i]!;
    }
    yield new Uint8Array(out.buffer);
  }
}
