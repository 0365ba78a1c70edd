// Reads tensors and uploads them: packed if matrices share their input, padded if they are cut, and rounded to half precision on request.
import type { Ctx } from "../ctx.ts";
import type { MatrixDtype } from "../dtype.ts";
import { PART_STEP, placed, type RowParts, rowsOfPart } from "../ops/kit/rowParts.ts";
import { elementBytes, type Precision, type Tensor, view, VIEW_ALIGNMENT } from "../tensor.ts";
import type { LinearWeights, NormWeights } from "./decoderWeights.ts";
import { chunkData } from "./rowChunks.ts";
import { type ReadOptions, type ReadRows, TensorReads, type WeightReader } from "./tensorReads.ts";

interface UploadOptions extends ReadOptions {
  /** Heights and widths of linear layers are padded with zeros to multiples of this. */
  padTo: number;
  /** Precision of the matrices of linear layers, embedding and head; all other tensors are f32. */
  precision: Precision;
  /** Values that are read at a time. Default: CHUNK_VALUES. */
  chunkValues?: number;
  /** Allocates the matrices without reading them, for memory plans. */
  empty?: boolean;
}

export class WeightUploads {
  private readonly made: Tensor[] = [];
  /** Bytes that were written since the GPU was waited for. */
  private written = 0;
  private readonly reads: TensorReads;

  constructor(
    private readonly ctx: Ctx,
    private readonly reader: WeightReader,
    private readonly options: UploadOptions,
  ) {
    this.reads = new TensorReads(reader, options);
  }

  get gpuBytes(): number {
    return this.made.reduce((sum, tensor) => sum + tensor.buffer.bytes, 0);
  }

  /** Frees everything that was uploaded. */
  free(): void {
    this.ctx.free(...this.made);
    this.made.length = 0;
  }

  /** At least `padTo`: the GPU has no tensors without elements, so what a dropped module is left with are zeros. */
  padded(n: number): number {
    return Math.max(1, Math.ceil(n / this.options.padTo)) * this.options.padTo;
  }

  /** Layers of equal input width, stacked by rows, each padded with rows and columns of zeros. names: without ".weight". */
  async linear(...names: readonly string[]): Promise<LinearWeights> {
    const weight: Tensor[] = [];
    for (const run of this.runsOf(names.map((name) => `${name}.weight`))) weight.push(...(await this.uploadRun(run)));
    return { weight, ...(await this.bias(...names)) };
  }

  /** Stacked matrices by how they are stored. A bias is divided into views of their parts, which begin at multiples of PART_STEP rows only. */
  private runsOf(names: readonly string[]): Run[] {
    const { storage, precision, expected } = this.options;
    if (!storage) return [{ dtype: precision, names: [...names] }];
    const runs: Run[] = [];
    for (const name of names) {
      const [dtype, last] = [storage.dtypeOf(name), runs.at(-1)];
      if (last?.dtype === dtype) last.names.push(name);
      else runs.push({ dtype, names: [name] });
    }
    const biased = names.some((name) => expected.has(name.replace(/weight$/, "bias")));
    const heightOf = (run: Run): number => sum(run.names.map((name) => this.reader.info(name).shape[0] ?? 0));
    const divides = runs.slice(0, -1).every((run) => heightOf(run) % PART_STEP === 0);
    return biased && !divides ? [{ dtype: "f32", names: [...names] }] : runs;
  }

  private async uploadRun({ dtype, names }: Run): Promise<RowParts> {
    const shapes = names.map((name) => this.reader.info(name).shape);
    const cols = shapes[0]?.[1] ?? 0;
    const width = this.padded(cols);
    const heights = shapes.map(([rows = 0]) => this.padded(rows));
    const parts = this.matrix(names[0] ?? "matrix", [sum(heights), width], dtype);
    if (!this.options.empty) await this.fill(parts, { dtype, width, rows: this.reads.stacked(names, heights, dtype) });
    return parts;
  }

  /** Fills the parts of a matrix a few rows at a time, so that none is in memory as a whole. */
  private async fill(parts: RowParts, { dtype, width, rows }: Filling): Promise<void> {
    const step = Math.max(1, Math.floor((this.options.chunkValues ?? CHUNK_VALUES) / (width * ROW_STEP))) * ROW_STEP;
    for (const { part, first, rows: all } of placed(parts)) {
      for (let row = 0; row < all; row += step) {
        const count = Math.min(step, all - row);
        const pieces = await rows(first + row, first + row + count);
        const data = chunkData(part.label, dtype, { pieces, width, count });
        this.ctx.writePart(part, row * width, data);
        await this.wait(data.byteLength);
      }
    }
  }

  /** Lets the GPU take what was written, so that it does not pile up in memory. */
  private async wait(bytes: number): Promise<void> {
    this.written += bytes;
    if (this.written < WRITTEN_BYTES) return;
    this.written = 0;
    await this.ctx.gpu.idle();
  }

  /** The biases of stacked layers, padded like their rows; none if the config has none. */
  private async bias(...layers: readonly string[]): Promise<{ bias?: Tensor }> {
    const names = layers.map((name) => `${name}.bias`).filter((name) => this.options.expected.has(name));
    if (names.length === 0) return {};
    const heights = names.map((name) => this.padded(this.reader.info(name).shape[0] ?? 0));
    const data = new Float32Array(sum(heights));
    let row = 0;
    for (const [i, name] of names.entries()) {
      data.set(await this.reads.all(name), row);
      row += heights[i] ?? 0;
    }
    return { bias: this.upload(names[0] ?? "bias", [data.length], data) };
  }

  /** A linear layer that is never cut; undefined if the config has none. */
  async plain(name: string | undefined): Promise<LinearWeights | undefined> {
    if (name === undefined || !this.options.expected.has(`${name}.weight`)) return undefined;
    return { weight: await this.table(`${name}.weight`), ...(await this.plainBias(name)) };
  }

  /** The bias of a layer that is never cut; none if the config has none. */
  async plainBias(name: string): Promise<{ bias?: Tensor }> {
    return this.options.expected.has(`${name}.bias`) ? { bias: await this.unpadded(`${name}.bias`) } : {};
  }

  /**
   * A matrix without padding. The parts of a quantised one have the heights that they have in `precision`: a cut or recovered model has the
   * same table in it, and what compares the logits of two heads goes through their parts side by side.
   */
  async table(name: string): Promise<RowParts> {
    const [rows = 0, cols = 0] = this.reader.info(name).shape;
    const { storage, precision, empty } = this.options;
    const dtype = storage?.dtypeOf(name) ?? precision;
    const parts = this.matrix(name, [rows, cols], dtype, Math.max(elementBytes(dtype), elementBytes(precision)));
    if (!empty) await this.fill(parts, { dtype, width: cols, rows: this.reads.stacked([name], [rows], dtype) });
    return parts;
  }

  private async unpadded(name: string): Promise<Tensor> {
    return this.upload(name, this.reader.info(name).shape, await this.reads.all(name));
  }

  /** A norm whose weight gets `shift` added and is multiplied by `factor`, with its bias in the same buffer; undefined if the config has none. */
  async norm(name: string | undefined, shift: number, factor = 1): Promise<NormWeights | undefined> {
    if (name === undefined || !this.options.expected.has(`${name}.weight`)) return undefined;
    const values = await this.reads.all(`${name}.weight`);
    const weight = shift === 0 && factor === 1 ? values : values.map((value) => factor * (value + shift));
    if (!this.options.expected.has(`${name}.bias`)) return { weight: this.upload(name, [weight.length], weight) };
    const first = Math.ceil(weight.length / VIEW_ALIGNMENT) * VIEW_ALIGNMENT;
    const data = new Float32Array(first + weight.length);
    data.set(weight);
    data.set(await this.reads.all(`${name}.bias`), first);
    const both = this.upload(name, [data.length], data);
    return { weight: view(both, 0, [weight.length], name), bias: view(both, first, [weight.length], `${name}.bias`) };
  }

  /** Vectors of equal length as the rows of a matrix, with `shift` added. */
  async stacked(names: readonly string[], shift = 0): Promise<Tensor> {
    const rows: Float32Array[] = [];
    for (const name of names) rows.push((await this.reads.all(name)).map((value) => value + shift));
    const cols = rows[0]?.length ?? 0;
    const data = new Float32Array(rows.length * cols);
    rows.forEach((row, i) => data.set(row, i * cols));
    return this.upload(names[0] ?? "rows", [rows.length, cols], data);
  }

  /** A table without the rows before `firstRow`. */
  async tableFrom(name: string, firstRow: number): Promise<Tensor> {
    const [rows = 0, cols = 0] = this.reader.info(name).shape;
    return this.upload(name, [rows - firstRow, cols], (await this.reads.all(name)).subarray(firstRow * cols));
  }

  /** Data from memory: RoPE's table, index lists, padded tensors. */
  upload(label: string, shape: readonly number[], data: Float32Array | Uint32Array): Tensor {
    const dtype = data instanceof Uint32Array ? "u32" : "f32";
    return this.track(this.ctx.persistent(label, shape, { dtype, data }));
  }

  /** A matrix of zeros, in several parts if it exceeds the adapter's largest buffer. valueBytes: of the type that decides their height. */
  private matrix(
    label: string,
    [rows, cols]: readonly [rows: number, cols: number],
    dtype: MatrixDtype,
    valueBytes = elementBytes(dtype),
  ): RowParts {
    const partRows = rowsOfPart(rows, cols * valueBytes, this.ctx.buffers.limitBytes);
    return Array.from({ length: Math.ceil(rows / partRows) }, (_, i) => {
      const [first, end] = [i * partRows, Math.min((i + 1) * partRows, rows)];
      const part = partRows < rows ? `${label}, rows ${first} to ${end - 1}` : label;
      return this.track(this.ctx.persistent(part, [end - first, cols], { dtype }));
    });
  }

  private track(tensor: Tensor): Tensor {
    this.made.push(tensor);
    return tensor;
  }
}

/** Values that are read at a time: 8 MB as float32. */
const CHUNK_VALUES = 2 ** 21;
/** Rows are written in multiples of this, which begin at whole u32s and at even blocks in every type. */
const ROW_STEP = 4;
/** Bytes that are written before the GPU is waited for. */
const WRITTEN_BYTES = 2 ** 26;

interface Filling {
  dtype: MatrixDtype;
  /** Values per row, with padding. */
  width: number;
  rows: ReadRows;
}

/** Matrices of equal width that are stored in one way. */
interface Run {
  dtype: MatrixDtype;
  names: string[];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
