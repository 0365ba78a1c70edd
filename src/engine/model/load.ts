// Brings a model's weights to the GPU: packed, padded to whole vec4s and, for a compact model, with its index lists.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { VECTORS_PER_BLOCK } from "../prune/gates.ts";
import type { Tensor } from "../tensor.ts";
import type { ModelConfig } from "./config.ts";
import type { LlamaBlock, LlamaWeights } from "./llama.ts";
import { ropeTable } from "./ropeTable.ts";
import { type BlockIndices, compact, DENSE, type Selection } from "./selection.ts";

/** What the loader reads: a model's folder, or the same cut to the kept dimensions. */
export interface WeightReader {
  has(name: string): boolean;
  info(name: string): { readonly shape: readonly number[] };
  readFloat32(name: string): Promise<Float32Array>;
}

/** A model on the GPU, ready to run. */
export interface Model {
  readonly config: ModelConfig;
  readonly weights: LlamaWeights;
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

const TENSORS_PER_BLOCK = 9;

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

  constructor(
    private readonly ctx: Ctx,
    private readonly config: ModelConfig,
    private readonly reader: WeightReader,
    private readonly options: LoadOptions,
  ) {}

  async load(): Promise<Model> {
    const { config } = this;
    const embedding = await this.whole("model.embed_tokens.weight");
    const blocks: LlamaBlock[] = [];
    for (let l = 0; l < config.layers; l++) blocks.push(await this.block(`model.layers.${l}`));
    const norm = await this.vector("model.norm.weight");
    const head = config.tiedHead ? embedding : await this.whole("lm_head.weight");
    const table = ropeTable(config.rope, config.headDim, config.context);
    const rope = this.keep(this.ctx.persistent("rope", [config.context, config.headDim / 2, 2], { data: table }));
    const { lists } = this.options;
    return {
      config,
      weights: { embedding, blocks, norm, head, rope },
      selection: lists ? compact(blocks.map((_, l) => this.indices(lists, l))) : DENSE,
      gpuBytes: this.made.reduce((sum, tensor) => sum + tensor.buffer.bytes, 0),
      free: () => this.free(),
    };
  }

  free(): void {
    this.ctx.free(...this.made);
    this.made.length = 0;
  }

  private async block(at: string): Promise<LlamaBlock> {
    const part = (name: string): string => `${at}.${name}.weight`;
    return {
      attentionNorm: await this.vector(part("input_layernorm")),
      qkv: await this.rows(part("self_attn.q_proj"), part("self_attn.k_proj"), part("self_attn.v_proj")),
      o: await this.rows(part("self_attn.o_proj")),
      mlpNorm: await this.vector(part("post_attention_layernorm")),
      gateUp: await this.rows(part("mlp.gate_proj"), part("mlp.up_proj")),
      down: await this.rows(part("mlp.down_proj")),
    };
  }

  /** Kept widths of a compact model, padded; all others are as they are. */
  private padded(n: number): number {
    return this.options.lists && this.config.dModel % PAD === 0 ? Math.ceil(n / PAD) * PAD : n;
  }

  /** Matrices of equal width, one below the other; each padded with rows and columns of zeros where it is cut. */
  private async rows(...names: readonly string[]): Promise<Tensor> {
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

  /** A matrix that pruning leaves alone. */
  private async whole(name: string): Promise<Tensor> {
    const data = await this.read(name);
    return this.keep(this.ctx.persistent(name, this.reader.info(name).shape, { data }));
  }

  private async vector(name: string): Promise<Tensor> {
    const data = await this.read(name);
    return this.keep(this.ctx.persistent(name, [data.length], { data }));
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
    this.options.onProgress?.(++this.done, TENSORS_PER_BLOCK * this.config.layers + (this.config.tiedHead ? 2 : 3));
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
