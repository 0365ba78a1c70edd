// Reads tensors and uploads them: packed if matrices share their input, padded if they are cut, and rounded to half precision on request.
import type { Ctx } from "../ctx.ts";
import { EngineError, invariant } from "../errors.ts";
import { isBlockDtype, MAX_HALF, type MatrixDtype, packedHalves } from "../dtype.ts";
import { gpuBlocks } from "../formats/gguf/gpuBlocks.ts";
import { PART_STEP, type RowParts, rowsOfPart } from "../ops/kit/rowParts.ts";
import { elementBytes, type Precision, type Tensor, view, VIEW_ALIGNMENT } from "../tensor.ts";
import type { LinearWeights, NormWeights } from "./decoderWeights.ts";
import type { MatrixStorage } from "./matrixStorage.ts";

/** The source of a model's tensors: its folder, or a reader that cuts or masks them. */
export interface WeightReader {
  has(name: string): boolean;
  info(name: string): { readonly shape: readonly number[] };
  readFloat32(name: string): Promise<Float32Array>;
}

interface UploadOptions {
  /** Names of the tensors that the config describes. A bias, norm or matrix that is not among them is left out. */
  expected: ReadonlySet<string>;
  /** Heights and widths of linear layers are padded with zeros to multiples of this. */
  padTo: number;
  /** Precision of the matrices of linear layers, embedding and head; all other tensors are f32. */
  precision: Precision;
  /** How the same matrices are stored where they are as in their file. They are then not padded. */
  storage?: MatrixStorage | undefined;
  /** Allocates the matrices without reading them, for memory plans. */
  empty?: boolean;
  /** Called with the number of tensors read and the total; may throw to cancel. */
  onProgress?: (done: number, of: number) => void;
}

export class WeightUploads {
  private readonly made: Tensor[] = [];
  private done = 0;

  constructor(
    private readonly ctx: Ctx,
    private readonly reader: WeightReader,
    private readonly options: UploadOptions,
  ) {}

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
    const label = names[0] ?? "matrix";
    const cols = shapes[0]?.[1] ?? 0;
    const width = this.padded(cols);
    const heights = shapes.map(([rows = 0]) => this.padded(rows));
    const shape = [sum(heights), width] as const;
    if (this.options.empty) return this.matrix(label, shape, { dtype });
    if (isBlockDtype(dtype)) {
      const stored: Uint8Array[] = [];
      for (const name of names) stored.push(await this.readBlocks(name));
      return this.matrix(label, shape, { dtype, stored: joined(stored) });
    }
    const values = new Float32Array(sum(heights) * width);
    let row = 0;
    for (const [i, name] of names.entries()) {
      const own = await this.read(name);
      for (let r = 0; r * cols < own.length; r++) {
        values.set(own.subarray(r * cols, (r + 1) * cols), (row + r) * width);
      }
      row += heights[i] ?? 0;
    }
    return this.matrix(label, shape, { dtype, values });
  }

  /** The biases of stacked layers, padded like their rows; none if the config has none. */
  private async bias(...layers: readonly string[]): Promise<{ bias?: Tensor }> {
    const names = layers.map((name) => `${name}.bias`).filter((name) => this.options.expected.has(name));
    if (names.length === 0) return {};
    const heights = names.map((name) => this.padded(this.reader.info(name).shape[0] ?? 0));
    const data = new Float32Array(sum(heights));
    let row = 0;
    for (const [i, name] of names.entries()) {
      data.set(await this.read(name), row);
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

  /** A matrix without padding. */
  async table(name: string): Promise<RowParts> {
    const [rows = 0, cols = 0] = this.reader.info(name).shape;
    const { storage, precision, empty } = this.options;
    const dtype = storage?.dtypeOf(name) ?? precision;
    if (empty) return this.matrix(name, [rows, cols], { dtype });
    const contents = isBlockDtype(dtype) ? { stored: await this.readBlocks(name) } : { values: await this.read(name) };
    return this.matrix(name, [rows, cols], { dtype, ...contents });
  }

  private async unpadded(name: string): Promise<Tensor> {
    return this.upload(name, this.reader.info(name).shape, await this.read(name));
  }

  /** A norm whose weight gets `shift` added and is multiplied by `factor`, with its bias in the same buffer; undefined if the config has none. */
  async norm(name: string | undefined, shift: number, factor = 1): Promise<NormWeights | undefined> {
    if (name === undefined || !this.options.expected.has(`${name}.weight`)) return undefined;
    const values = await this.read(`${name}.weight`);
    const weight = shift === 0 && factor === 1 ? values : values.map((value) => factor * (value + shift));
    if (!this.options.expected.has(`${name}.bias`)) return { weight: this.upload(name, [weight.length], weight) };
    const first = Math.ceil(weight.length / VIEW_ALIGNMENT) * VIEW_ALIGNMENT;
    const data = new Float32Array(first + weight.length);
    data.set(weight);
    data.set(await this.read(`${name}.bias`), first);
    const both = this.upload(name, [data.length], data);
    return { weight: view(both, 0, [weight.length], name), bias: view(both, first, [weight.length], `${name}.bias`) };
  }

  /** Vectors of equal length as the rows of a matrix, with `shift` added. */
  async stacked(names: readonly string[], shift = 0): Promise<Tensor> {
    const rows: Float32Array[] = [];
    for (const name of names) rows.push((await this.read(name)).map((value) => value + shift));
    const cols = rows[0]?.length ?? 0;
    const data = new Float32Array(rows.length * cols);
    rows.forEach((row, i) => data.set(row, i * cols));
    return this.upload(names[0] ?? "rows", [rows.length, cols], data);
  }

  /** A table without the rows before `firstRow`. */
  async tableFrom(name: string, firstRow: number): Promise<Tensor> {
    const [rows = 0, cols = 0] = this.reader.info(name).shape;
    return this.upload(name, [rows - firstRow, cols], (await this.read(name)).subarray(firstRow * cols));
  }

  /** Data from memory: RoPE's table, index lists, padded tensors. */
  upload(label: string, shape: readonly number[], data: Float32Array | Uint32Array): Tensor {
    const dtype = data instanceof Uint32Array ? "u32" : "f32";
    return this.track(this.ctx.persistent(label, shape, { dtype, data }));
  }

  /** A matrix, in several parts if it exceeds the adapter's largest buffer. Throws "unsupported" for a value that f16 cannot represent. */
  private matrix(label: string, [rows, cols]: readonly [rows: number, cols: number], contents: Contents): RowParts {
    const { dtype } = contents;
    const partRows = rowsOfPart(rows, cols * elementBytes(dtype), this.ctx.buffers.limitBytes);
    return Array.from({ length: Math.ceil(rows / partRows) }, (_, i) => {
      const [first, end] = [i * partRows, Math.min((i + 1) * partRows, rows)];
      const part = partRows < rows ? `${label}, rows ${first} to ${end - 1}` : label;
      const data = dataOf(part, contents, [first * cols, end * cols]);
      return this.track(this.ctx.persistent(part, [end - first, cols], { dtype, ...(data ? { data } : {}) }));
    });
  }

  private track(tensor: Tensor): Tensor {
    this.made.push(tensor);
    return tensor;
  }

  private async read(name: string): Promise<Float32Array> {
    return this.counted(await this.reader.readFloat32(name));
  }

  private async readBlocks(name: string): Promise<Uint8Array> {
    const { storage } = this.options;
    invariant(storage?.blocks, "bug", `${name}: expected weights whose blocks can be read`);
    return this.counted(await storage.blocks(name));
  }

  private counted<T>(contents: T): T {
    this.options.onProgress?.(++this.done, this.options.expected.size);
    return contents;
  }
}

/** Matrices of equal width that are stored in one way. */
interface Run {
  dtype: MatrixDtype;
  names: string[];
}

/** The values of a matrix, or its blocks as in the file; neither in a memory plan. */
interface Contents {
  dtype: MatrixDtype;
  values?: Float32Array;
  stored?: Uint8Array;
}

/** What is uploaded of the values from..end of a matrix. */
function dataOf(
  label: string,
  { dtype, values, stored }: Contents,
  [from, end]: readonly [from: number, end: number],
): Float32Array | Uint8Array | undefined {
  if (isBlockDtype(dtype)) {
    const bytes = elementBytes(dtype);
    return stored && gpuBlocks(dtype, stored.subarray(from * bytes, end * bytes), label);
  }
  const own = values?.subarray(from, end);
  return own && dtype === "f16" ? packedHalves(checkedForHalves(label, own)) : own;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(sum(pieces.map(({ length }) => length)));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

function checkedForHalves(name: string, values: Float32Array): Float32Array {
  const tooLarge = values.find((value) => Math.abs(value) > MAX_HALF);
  if (tooLarge === undefined) return values;
  throw new EngineError(
    "unsupported",
    `tensor '${name}': expected values from -${MAX_HALF} to ${MAX_HALF} for half precision, got ${tooLarge}. Load this model in full precision.`,
    { name, value: String(tooLarge) },
  );
}
