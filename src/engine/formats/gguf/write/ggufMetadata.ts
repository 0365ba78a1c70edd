// The metadata of a GGUF file: the model's sizes as its architecture in llama.cpp names them, where the model comes from, and its recipe.
import type { ModelConfig } from "../../../config/config.ts";
import { ropeFrequencies, rotaryWidth } from "../../../config/ropeFrequencies.ts";
import { NO_LICENCE } from "../../card/licence.ts";
import type { MetadataEntry } from "./ggufFile.ts";
import { type GgufLayout, statedContext } from "./ggufLayout.ts";
import type { GgufType } from "./quantize.ts";

/** llama.cpp's numbers for files of mostly one type (enum llama_ftype). */
const FILE_TYPES: Readonly<Record<GgufType, number>> = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 7, BF16: 32 };
const QUANTISATION_VERSION = 2;

/** Where a pruned model comes from, for the metadata. */
export interface GgufOrigin {
  /** Name of the base model. */
  readonly name: string;
  /** As the base model's card states it, or NO_LICENCE. */
  readonly licence: string;
  /** Version of this program. */
  readonly version: string;
  /** The recipe of the run as an object of JSON. */
  readonly recipe: object;
  /** The kept share of the block weights, from 0 to 1. */
  readonly keep: number;
}

/** What a file keeps of each block; the same for all blocks where the layout is not per block. */
export interface BlockSizes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly mlp: number;
}

const text = (key: string, value: string): MetadataEntry => ({ key, type: "string", value });
const count = (key: string, value: number): MetadataEntry => ({ key, type: "u32", value });
const float = (key: string, value: number): MetadataEntry => ({ key, type: "f32", value });

/** general.*, espalier.* and the model's sizes. */
export function modelMetadata(
  config: ModelConfig,
  layout: GgufLayout,
  { blocks, type, origin }: { blocks: readonly BlockSizes[]; type: GgufType; origin: GgufOrigin },
): MetadataEntry[] {
  const { name, licence, version, recipe, keep } = origin;
  const { architecture: arch, perBlock } = layout;
  const each = (key: string, of: (block: BlockSizes) => number): MetadataEntry => {
    const all = blocks.map(of);
    return perBlock ? { key: `${arch}.${key}`, type: "i32", value: all } : count(`${arch}.${key}`, all[0] ?? 0);
  };
  const eps = config.design.norm === "rms" ? "layer_norm_rms_epsilon" : "layer_norm_epsilon";
  const quantised = type === "Q8_0" || type === "Q4_0";
  return [
    text("general.architecture", arch),
    text("general.type", "model"),
    text("general.name", `${name} pruned`),
    text("general.description", `${name}, pruned by Espalier to ${(100 * keep).toFixed(1)} % of its block weights`),
    ...(licence === NO_LICENCE ? [] : [text("general.license", licence)]),
    count("general.base_model.count", 1),
    text("general.base_model.0.name", name),
    count("general.file_type", FILE_TYPES[type]),
    ...(quantised ? [count("general.quantization_version", QUANTISATION_VERSION)] : []),
    text("espalier.version", version),
    text("espalier.recipe", JSON.stringify(recipe)),
    float("espalier.keep", keep),
    count(`${arch}.vocab_size`, config.vocab),
    count(`${arch}.context_length`, statedContext(config)),
    count(`${arch}.embedding_length`, config.dModel),
    count(`${arch}.block_count`, config.layers),
    each("feed_forward_length", ({ mlp }) => mlp),
    each("attention.head_count", ({ heads }) => heads),
    each("attention.head_count_kv", ({ kvHeads }) => kvHeads),
    count(`${arch}.attention.key_length`, config.headDim),
    count(`${arch}.attention.value_length`, config.headDim),
    float(`${arch}.attention.${eps}`, config.normEps),
    ...(config.window === undefined ? [] : [count(`${arch}.attention.sliding_window`, config.window)]),
    ...ropeMetadata(config, arch),
  ];
}

function ropeMetadata({ rope, headDim }: ModelConfig, arch: string): MetadataEntry[] {
  if (!rope) return [];
  const { theta, scaling } = rope;
  const plain = [
    count(`${arch}.rope.dimension_count`, rotaryWidth(rope, headDim)),
    float(`${arch}.rope.freq_base`, theta),
  ];
  if (scaling?.type !== "linear" && scaling?.type !== "yarn") return plain;
  const scaled = [
    ...plain,
    text(`${arch}.rope.scaling.type`, scaling.type),
    float(`${arch}.rope.scaling.factor`, scaling.factor),
  ];
  if (scaling.type === "linear") return scaled;
  return [...scaled, count(`${arch}.rope.scaling.original_context_length`, scaling.originalContext)];
}

/** The values of rope_freqs.weight, which divide the frequencies of RoPE's pairs; undefined without Llama 3's scaling. */
export function ropeDivisors({ rope, headDim }: ModelConfig): Float32Array | undefined {
  if (rope?.scaling?.type !== "llama3") return undefined;
  const plain = ropeFrequencies({ theta: rope.theta }, headDim);
  const scaled = ropeFrequencies(rope, headDim);
  return Float32Array.from(plain, (frequency, i) => frequency / scaled[i]!);
}
