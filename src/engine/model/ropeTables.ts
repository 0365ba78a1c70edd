// The tables of RoPE on the GPU, as long as the sequences that were asked for. max_position_embeddings may be millions.
import { frequencySet, type RopeConfig, rotaryWidth } from "../config/ropeFrequencies.ts";
import { ropeTable } from "../config/ropeTable.ts";
import type { ModelConfig } from "../config/modelConfig.ts";
import type { Tensor } from "../tensor.ts";

/** Positions of the first table, which most uses never exceed. */
const FIRST_POSITIONS = 512;

/** Makes a tensor that lives as long as the model. */
type Upload = (label: string, shape: readonly number[], data: Float32Array) => Tensor;

export class RopeTables {
  private readonly rope: RopeConfig;
  private readonly rotaryDim: number;
  private readonly context: number;
  private readonly upload: Upload;
  /** The longest table of each set of frequencies. */
  private readonly tables = new Map<number, Tensor>();

  constructor(rope: RopeConfig, { headDim, context }: ModelConfig, upload: Upload) {
    this.rope = rope;
    this.rotaryDim = rotaryWidth(rope, headDim);
    this.context = context;
    this.upload = upload;
    this.upTo(Math.min(context, FIRST_POSITIONS));
  }

  /**
   * The table (positions, rotated dimensions / 2, 2) for a forward pass whose last token is at position end - 1: cosine and sine of at least
   * `end` positions. A longer one than before is allocated here, so a loop allocates nothing after its first pass. The shorter one stays
   * until the model is freed, because commands that read it may be waiting; lengths double, so all of them take at most twice the longest.
   */
  upTo(end: number): Tensor {
    const set = frequencySet(this.rope, end);
    const known = this.tables.get(set);
    if (known && (known.shape[0] ?? 0) >= end) return known;
    const doubled = 2 ** Math.ceil(Math.log2(Math.max(end, FIRST_POSITIONS)));
    const positions = Math.max(end, Math.min(doubled, this.context));
    const data = ropeTable(this.rope, { rotaryDim: this.rotaryDim, positions, length: end });
    const table = this.upload("rope", [positions, this.rotaryDim / 2, 2], data);
    this.tables.set(set, table);
    return table;
  }
}
