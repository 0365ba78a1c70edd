// Reads a model's tensors: whole, or a few rows of stacked matrices at a time, and counts what was read.
import { elementCount, isBlockDtype, isDtype, type MatrixDtype, toFloat32 } from "../dtype.ts";
import { invariant } from "../errors.ts";
import type { MatrixStorage } from "./matrixStorage.ts";
import type { Piece } from "./rowChunks.ts";

/** The source of a model's tensors: its folder, or a reader that cuts or masks them. */
export interface WeightReader {
  has(name: string): boolean;
  info(name: string): { readonly shape: readonly number[]; readonly dtype?: string };
  readFloat32(name: string): Promise<Float32Array>;
  /** The bytes of rows [first, first + count), in the dtype of `info`; missing where a tensor is only read as one. */
  readRows?(name: string, first: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
}

export interface ReadOptions {
  /** Names of the tensors that the config describes. A bias, norm or matrix that is not among them is left out. */
  expected: ReadonlySet<string>;
  /** How the same matrices are stored where they are as in their file. They are then not padded. */
  storage?: MatrixStorage | undefined;
  /** Called with the number of values read and the total; may throw to cancel. */
  onProgress?: (done: number, of: number) => void;
}

/** Reads rows first..end of a matrix. */
export type ReadRows = (first: number, end: number) => Promise<readonly Piece[]>;

export class TensorReads {
  /** Values that were read, and those of all tensors. */
  private done = 0;
  private total: number | undefined;
  /** A tensor that its reader reads only as a whole, while rows of it are needed. */
  private whole: { name: string; values: Float32Array } | undefined;

  constructor(
    private readonly reader: WeightReader,
    private readonly options: ReadOptions,
  ) {}

  /** All values of a tensor. */
  async all(name: string): Promise<Float32Array> {
    const values = await this.reader.readFloat32(name);
    this.count(values.length);
    return values;
  }

  /** Reads rows of stacked matrices; `heights` are their rows with padding. */
  stacked(names: readonly string[], heights: readonly number[], dtype: MatrixDtype): ReadRows {
    return async (first, end) => {
      const pieces: Piece[] = [];
      let top = 0;
      for (const [i, name] of names.entries()) {
        const [rows = 0, cols = 0] = this.reader.info(name).shape;
        const [from, to] = [Math.max(first, top), Math.min(end, top + rows)];
        if (from < to)
          pieces.push({ at: from - first, cols, data: await this.rows(name, dtype, [from - top, to - top]) });
        top += heights[i] ?? 0;
      }
      return pieces;
    };
  }

  /** Rows from..end of a matrix: its blocks, or float32 values. */
  private async rows(
    name: string,
    dtype: MatrixDtype,
    [from, end]: readonly [from: number, end: number],
  ): Promise<Uint8Array | Float32Array> {
    const { reader } = this;
    const { shape, dtype: stored = "" } = reader.info(name);
    const cols = shape[1] ?? 0;
    this.count((end - from) * cols);
    if (isBlockDtype(dtype)) {
      const { blocks } = this.options.storage ?? {};
      invariant(blocks, "bug", `${name}: expected weights whose blocks can be read`);
      return blocks(name, from, end - from);
    }
    if (reader.readRows && isDtype(stored)) return toFloat32(await reader.readRows(name, from, end - from), stored);
    if (this.whole?.name !== name) this.whole = { name, values: await reader.readFloat32(name) };
    const { values } = this.whole;
    if (end === shape[0]) this.whole = undefined;
    return values.subarray(from * cols, end * cols);
  }

  private count(values: number): void {
    this.done += values;
    this.total ??= [...this.options.expected].reduce(
      (sum, name) => sum + elementCount(this.reader.info(name).shape),
      0,
    );
    this.options.onProgress?.(this.done, this.total);
  }
}
