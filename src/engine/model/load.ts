// Brings a model's weights to the GPU: packed, padded to whole vec4s and, for a compact model, with its index lists.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { VECTORS_PER_BLOCK } from "../prune/gates.ts";
import type { Tensor } from "../tensor.ts";
import type { ModelConfig } from "./config.ts";
import type { BlockWeights, DecoderWeights, LinearWeights, NormWeights } from "./decoderWeights.ts";
import { FAMILIES } from "./families.ts";
import type { TensorNames } from "./family.ts";
import { ropeTable } from "./ropeTable.ts";
import { type BlockIndices, compact, DENSE, type Selection } from "./selection.ts";
import { modelTensors } from "./tensors.ts";

/** What the loader reads: a model's folder, or the same cut to the kept dimensions. */
export interface WeightReader {
  has(name: string): boolean;
  info(name: string): { readonly shape: readonly number[] };
  readFloat32(name: string): Promise<Float32Array>;
}

/** A model on the GPU, ready to run. */
export interface Model {
  readonly config: ModelConfig;
  readonly weights: DecoderWeights;
  /** DENSE for a whole model; gathers and scatters for a compact one. */
  readonly selection: Selection;
  readonly gpuBytes: number;
  free(): void;
}

export interface LoadOptions {
  /** Kept indices of the 5L vectors, of a compact model. */
  lists?: readonly Uint32Array[];
  /** Called with the number of tensors read so far and in all; may throw to cancel. */
  onProgress?: (done: number, of: number) => void;
}

/** The fast matmuls read whole vec4s: what a compact model keeps is padded to multiples of this, with weights of zero. */
const PAD = 4;

/** Reads every tensor once and uploads it. Frees what it made if reading fails. */
export async function loadModel(
  ctx: Ctx,
  config: ModelConfig,
  reader: WeightReader,
  options: LoadOptions = {},
): Promise<Model> {
  const loader = new Loader(ctx, config, reader, options);
  try {
    return await ctx.gpu.checked("the model's weights", () => loader.load());
  } catch (error) {
    loader.free();
    throw error;
  }
}

class Loader {
  private readonly made: Tensor[] = [];
  private done = 0;
  private readonly names: TensorNames;
  /** The tensors that the config asks for, by name: a bias, norm or matrix that is not among them is left out. */
  private readonly wanted: ReadonlySet<string>;

  constructor(
    private readonly ctx: Ctx,
    private readonly config: ModelConfig,
    private readonly reader: WeightReader,
    private readonly options: LoadOptions,
  ) {
    this.names = FAMILIES[config.family].names;
    this.wanted = new Set(modelTensors(config).map(({ name }) => name));
  }

  async load(): Promise<Model> {
    const { config, names } = this;
    const embedding = await this.whole(`${names.embedding}.weight`);
    const positions = names.positions && (await this.positions(names.positions));
    const projectIn = await this.plain(names.projectIn);
    const blocks: BlockWeights[] = [];
    for (let l = 0; l < config.layers; l++) blocks.push(await this.block(`${names.layers}${l}.`));
    const norm = await this.norm(names.finalNorm);
    const projectOut = await this.plain(names.projectOut);
    const head: LinearWeights = {
      weight: config.tiedHead ? embedding : await this.whole(`${names.head}.weight`),
      ...(await this.bias(names.head)),
    };
    const rope = this.rope();
    const { lists } = this.options;
    return {
      config,
      weights: {
        embedding,
        ...(positions ? { positions } : {}),
        ...(projectIn ? { projectIn } : {}),
        blocks,
        ...(norm ? { norm } : {}),
        ...(projectOut ? { projectOut } : {}),
        head,
        ...(rope ? { rope } : {}),
      },
      selection: lists ? compact(blocks.map((_, l) => this.indices(lists, l))) : DENSE,
      gpuBytes: this.made.reduce((sum, tensor) => sum + tensor.buffer.bytes, 0),
      free: () => this.free(),
    };
  }

  free(): void {
    this.ctx.free(...this.made);
    this.made.length = 0;
  }

  private async block(at: string): Promise<BlockWeights> {
    const { names } = this;
    const attentionNorm = await this.norm(at + names.attentionNorm);
    invariant(attentionNorm, "bug", `${at}${names.attentionNorm} is not among the family's tensors`);
    const qkv = await this.linear(at + names.q, at + names.k, at + names.v);
    const headNorms = await this.headNorms(at);
    const o = await this.linear(at + names.o);
    const mlpNorm = await this.norm(names.mlpNorm && at + names.mlpNorm);
    return {
      attentionNorm,
      qkv,
      ...(headNorms ? { headNorms } : {}),
      o,
      ...(mlpNorm ? { mlpNorm } : {}),
      up: await this.linear(...names.ups.map((name) => at + name)),
      down: await this.linear(at + names.down),
    };
  }

  /** Kept widths of a compact model, padded; all others are as they are. */
  private padded(n: number): number {
    return this.options.lists && this.config.dModel % PAD === 0 ? Math.ceil(n / PAD) * PAD : n;
  }

  /** Matrices of equal width, one below the other, with their biases; each padded with rows and columns of zeros where it is cut. */
  private async linear(...names: readonly string[]): Promise<LinearWeights> {
    const weight = await this.rows(names.map((name) => `${name}.weight`));
    return { weight, ...(await this.bias(...names)) };
  }

  private async rows(names: readonly string[]): Promise<Tensor> {
    const shapes = names.map((name) => this.reader.info(name).shape);
    const cols = shapes[0]?.[1] ?? 0;
    const width = this.padded(cols);
    const heights = shapes.map(([rows = 0]) => this.padded(rows));
    const data = new Float32Array(heights.reduce((sum, rows) => sum + rows, 0) * width);
    let row = 0;
    for (const [i, name] of names.entries()) {
      const values = await this.read(name);
      for (let r = 0; r * cols < values.length; r++) {
        data.set(values.subarray(r * cols, (r + 1) * cols), (row + r) * width);
      }
      row += heights[i] ?? 0;
    }
    return this.keep(this.ctx.persistent(names[0] ?? "matrix", [row, width], { data }));
  }

  /** The biases of packed matrices, padded like their rows; nothing where the config asks for none. */
  private async bias(...layers: readonly string[]): Promise<{ bias?: Tensor }> {
    const names = layers.map((name) => `${name}.bias`).filter((name) => this.wanted.has(name));
    if (names.length === 0) return {};
    const heights = names.map((name) => this.padded(this.reader.info(name).shape[0] ?? 0));
    const data = new Float32Array(heights.reduce((sum, rows) => sum + rows, 0));
    let row = 0;
    for (const [i, name] of names.entries()) {
      data.set(await this.read(name), row);
      row += heights[i] ?? 0;
    }
    return { bias: this.keep(this.ctx.persistent(names[0] ?? "bias", [data.length], { data })) };
  }

  /** A linear layer that pruning leaves alone, where the config asks for it. */
  private async plain(name: string | undefined): Promise<LinearWeights | undefined> {
    return name !== undefined && this.wanted.has(`${name}.weight`)
      ? { weight: await this.whole(`${name}.weight`) }
      : undefined;
  }

  private async whole(name: string): Promise<Tensor> {
    const data = await this.read(name);
    return this.keep(this.ctx.persistent(name, this.reader.info(name).shape, { data }));
  }

  private async norm(name: string | undefined): Promise<NormWeights | undefined> {
    if (name === undefined || !this.wanted.has(`${name}.weight`)) return undefined;
    const values = await this.read(`${name}.weight`);
    const { normShift } = this.config.design;
    const data = normShift === 0 ? values : values.map((value) => value + normShift);
    const weight = this.keep(this.ctx.persistent(name, [data.length], { data }));
    return { weight, ...(await this.bias(name)) };
  }

  /** (2, headDim): the norms of q and k. */
  private async headNorms(at: string): Promise<Tensor | undefined> {
    const { qNorm, kNorm } = this.names;
    if (!this.config.design.qkNorm || qNorm === undefined || kNorm === undefined) return undefined;
    const data = Float32Array.of(
      ...(await this.read(`${at}${qNorm}.weight`)),
      ...(await this.read(`${at}${kNorm}.weight`)),
    );
    return this.keep(this.ctx.persistent(at + qNorm, [2, data.length / 2], { data }));
  }

  /** A table of learned positions without its unused first rows, so that its row is the position. */
  private async positions({ name, unusedRows }: { name: string; unusedRows: number }): Promise<Tensor> {
    const { context, dModel } = this.config;
    const data = (await this.read(`${name}.weight`)).subarray(unusedRows * dModel);
    return this.keep(this.ctx.persistent(name, [context, dModel], { data }));
  }

  private rope(): Tensor | undefined {
    const { rope, headDim, context } = this.config;
    if (!rope) return undefined;
    const rotaryDim = Math.floor(headDim * (rope.share ?? 1));
    const data = ropeTable(rope, rotaryDim, context);
    return this.keep(this.ctx.persistent("rope", [context, rotaryDim / 2, 2], { data }));
  }

  private indices(lists: readonly Uint32Array[], l: number): BlockIndices {
    const list = (k: number): Tensor => {
      const kept = lists[VECTORS_PER_BLOCK * l + k];
      invariant(kept, "bug", `no index list for s${k + 1} of block ${l}`);
      const data = padIndices(kept, this.padded(kept.length));
      return this.keep(this.ctx.persistent(`s${k + 1} of block ${l}`, [data.length], { dtype: "u32", data }));
    };
    return { s1: list(0), s2: list(1), s3: list(2), s5: list(4) };
  }

  private async read(name: string): Promise<Float32Array> {
    const values = await this.reader.readFloat32(name);
    this.options.onProgress?.(++this.done, this.wanted.size);
    return values;
  }

  private keep(tensor: Tensor): Tensor {
    this.made.push(tensor);
    return tensor;
  }
}

/** Padding of an index list to `length`: dimensions that are not kept, so that indices stay distinct; their weights are zero. */
function padIndices(kept: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const used = new Set(kept);
  const out = [...kept];
  for (let i = 0; out.length < length; i++) if (!used.has(i)) out.push(i);
  return Uint32Array.from(out);
}
