// Reads tensors and uploads them: packed if matrices share their input, padded if they are cut, and rounded to half precision on request.
import type { Ctx } from "../ctx.ts";
import { EngineError } from "../errors.ts";
import { MAX_HALF, packedHalves } from "../dtype.ts";
import { type RowParts, rowsOfPart } from "../ops/kit/rowParts.ts";
import { elementBytes, type Precision, type Tensor, view, VIEW_ALIGNMENT } from "../tensor.ts";
import type { LinearWeights, NormWeights } from "./decoderWeights.ts";

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

  padded(n: number): number {
    return Math.ceil(n / this.options.padTo) * this.options.padTo;
  }

  /** Layers of equal input width, stacked by rows, each padded with rows and columns of zeros. names: without ".weight". */
  async linear(...names: readonly string[]): Promise<LinearWeights> {
    const weights = names.map((name) => `${name}.weight`);
    const shapes = weights.map((name) => this.reader.info(name).shape);
    const cols = shapes[0]?.[1] ?? 0;
    const width = this.padded(cols);
    const heights = shapes.map(([rows = 0]) => this.padded(rows));
    if (this.options.empty) {
      return { weight: this.matrix(weights[0] ?? "matrix", [sum(heights), width]), ...(await this.bias(...names)) };
    }
    const data = new Float32Array(sum(heights) * width);
    let row = 0;
    for (const [i, name] of weights.entries()) {
      const values = await this.read(name);
      for (let r = 0; r * cols < values.length; r++) {
        data.set(values.subarray(r * cols, (r + 1) * cols), (row + r) * width);
      }
      row += heights[i] ?? 0;
    }
    const weight = this.matrix(weights[0] ?? "matrix", [row, width], data);
    return { weight, ...(await this.bias(...names)) };
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
    return this.matrix(name, [rows, cols], this.options.empty ? undefined : await this.read(name));
  }

  private async unpadded(name: string): Promise<Tensor> {
    return this.upload(name, this.reader.info(name).shape, await this.read(name));
  }

  /** A norm whose weight gets `shift` added, with its bias in the same buffer; undefined if the config has none. */
  async norm(name: string | undefined, shift: number): Promise<NormWeights | undefined> {
    if (name === undefined || !this.options.expected.has(`${name}.weight`)) return undefined;
    const values = await this.read(`${name}.weight`);
    const weight = shift === 0 ? values : values.map((value) => value + shift);
    if (!this.options.expected.has(`${name}.bias`)) return { weight: this.upload(name, [weight.length], weight) };
    const first = Math.ceil(weight.length / VIEW_ALIGNMENT) * VIEW_ALIGNMENT;
    const data = new Float32Array(first + weight.length);
    data.set(weight);
    data.set(await this.read(`${name}.bias`), first);
    const both = this.upload(name, [data.length], data);
    return { weight: view(both, 0, [weight.length], name), bias: view(both, first, [weight.length], `${name}.bias`) };
  }

  /** Vectors of equal length as the rows of a matrix. */
  async stacked(...names: readonly string[]): Promise<Tensor> {
    const rows: Float32Array[] = [];
    for (const name of names) rows.push(await this.read(name));
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
  private matrix(label: string, [rows, cols]: [rows: number, cols: number], data?: Float32Array): RowParts {
    const { precision } = this.options;
    const partRows = rowsOfPart(rows, cols * elementBytes(precision), this.ctx.buffers.limitBytes);
    return Array.from({ length: Math.ceil(rows / partRows) }, (_, i) => {
      const [first, end] = [i * partRows, Math.min((i + 1) * partRows, rows)];
      const part = partRows < rows ? `${label}, rows ${first} to ${end - 1}` : label;
      const shape = [end - first, cols];
      const values = data?.subarray(first * cols, end * cols);
      if (!values) return this.track(this.ctx.persistent(part, shape, { dtype: precision }));
      if (precision === "f32") return this.upload(part, shape, values);
      const halves = packedHalves(checkedForHalves(label, values));
      return this.track(this.ctx.persistent(part, shape, { dtype: "f16", data: halves }));
    });
  }

  private track(tensor: Tensor): Tensor {
    this.made.push(tensor);
    return tensor;
  }

  private async read(name: string): Promise<Float32Array> {
    const values = await this.reader.readFloat32(name);
    this.options.onProgress?.(++this.done, this.options.expected.size);
    return values;
  }
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
