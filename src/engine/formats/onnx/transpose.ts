// Transposes a matrix on its way out, some rows of the result at a time.
import { CHUNK_BYTES } from "../files/outputFile.ts";

/** The matrix (rows, columns) as (columns, rows), row-major, in chunks of whole rows of the result. Elements are of 2 or 4 bytes. */
export function* transposedChunks(
  bytes: Uint8Array<ArrayBuffer>,
  rows: number,
  columns: number,
  elementBytes: number,
  chunkBytes = CHUNK_BYTES,
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
