// Reads the GGUF forms back: config, weights and, of a model with widths per block, the kept positions.
import { type ModelConfig, readConfig } from "../../config/config.ts";
import { FAMILIES } from "../../config/families/families.ts";
import { blockLinears } from "../../config/tensors.ts";
import { dtypeBytes, elementCount } from "../../dtype.ts";
import type { BlockTensors, ByteSource } from "../files/folder.ts";
import { readSafetensors } from "../safetensors/safetensors.ts";
import { requireTensor } from "../safetensors/safetensorsHeader.ts";
import { configOf } from "./config.ts";
import { MetadataFields } from "./metadataFields.ts";
import { type GgufFamily, ggufFamilyNamed } from "./ggufFamilies.ts";
import { readRopeFactors } from "./ggufFolder.ts";
import { readParts } from "./ggufParts.ts";
import type { GgufHeader } from "./header.ts";
import { tensorViews } from "./tensorViews.ts";
import { storedBlocks, weightsSource } from "./weightsSource.ts";
import { widthLists } from "./widthLists.ts";

/** What a GGUF file stores, as the engine loads it. */
export interface StoredModel {
  /** With the widths of the widest block. */
  config: ModelConfig;
  /** Kept positions of the 5L vectors, where widths differ by block: s1, s2, s3 and s5 keep all, s4 the first positions of the widest block. */
  lists?: readonly Uint32Array[];
  weights: {
    has(name: string): boolean;
    info(name: string): { readonly shape: readonly number[]; readonly dtype?: string };
    readFloat32(name: string): Promise<Float32Array>;
    /** The bytes of rows [first, first + count), in the dtype of `info`. */
    readRows?(name: string, first: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
  };
  /** The quantised matrices of a file whose blocks of layers are all alike, as it has them. */
  blocks?: BlockTensors;
}

/** Metadata with one number per block: MLP width, heads, and heads of k and v. */
const PER_BLOCK = ["feed_forward_length", "attention.head_count", "attention.head_count_kv"] as const;

/**
 * Opens a file, or its parts, in one of the architectures that `exportGguf` and `exportMaskedGguf` write. Llama 3's factors on RoPE's frequencies
 * are taken as they are stored. Throws "unsupported" for another architecture or for what the engine does not run, "format" for a malformed or inconsistent file.
 */
export async function readGgufExport(...parts: readonly ByteSource[]): Promise<StoredModel> {
  const { source, header } = await readParts(parts);
  const fields = new MetadataFields(source.name, header);
  const compact = compactFamily(fields, header);
  const name = fields.get("general.architecture").text();
  const family = compact ?? ggufFamilyNamed(source.name, name, fields.has(`${name}.attention.sliding_window`));
  const metadata = new Map(header.metadata);
  const [mlp = [], heads = []] = (compact ? PER_BLOCK : []).map((suffix) => {
    const key = `${name}.${suffix}`;
    const each = fields
      .get(key)
      .list()
      .map((one) => one.count());
    metadata.set(key, Math.max(...each));
    return each;
  });
  const widest = { ...header, metadata };
  const { all, ...longrope } = await readRopeFactors(source, header);
  const plain = readConfig(configOf(new MetadataFields(source.name, widest), widest, family, longrope));
  const config = withFactors(plain, all);
  const { headDim, dModel } = config;
  const rows = { headDim, q: config.heads * headDim, kv: config.kvHeads * headDim, mlp: config.dMlp };
  const views = tensorViews(source.name, header, family, rows);
  const file = await readSafetensors(weightsSource(source, views));
  const missing = missingAttention(config, heads);
  return {
    config,
    ...(compact ? { lists: widthLists(dModel, mlp) } : { blocks: storedBlocks(source, views) }),
    weights: {
      has: (tensor) => missing.has(tensor) || file.tensors.has(tensor),
      info: (tensor) => {
        const shape = missing.get(tensor);
        return shape ? { shape, dtype: "F32" } : requireTensor(source.name, file.tensors, tensor);
      },
      readFloat32: async (tensor) => {
        const shape = missing.get(tensor);
        return shape ? new Float32Array(elementCount(shape)) : file.readFloat32(tensor);
      },
      readRows: async (tensor, first, count) => {
        const [, columns = 1] = missing.get(tensor) ?? [];
        return missing.has(tensor)
          ? new Uint8Array(dtypeBytes("F32") * count * columns)
          : file.readRows(tensor, first, count);
      },
    },
  };
}

/** The config with RoPE's frequencies divided by factors. Frequencies that do not depend on the length are the same for both lists of longrope. */
function withFactors(config: ModelConfig, factors: Float32Array | undefined): ModelConfig {
  if (!factors || !config.rope) return config;
  const list = [...factors];
  const scaling = { type: "longrope", short: list, long: list, originalContext: config.context, attention: 1 } as const;
  return { ...config, rope: { ...config.rope, scaling } };
}

/**
 * The architectures with widths per block; undefined for another one. deci computes what llama and qwen2 do, which differ in the biases that
 * config.json can state; openelm what qwen3 does.
 */
function compactFamily(fields: MetadataFields, { tensors }: GgufHeader): GgufFamily | undefined {
  const has = (part: string): boolean => [...tensors.keys()].some((name) => name.endsWith(`.${part}.bias`));
  const plain = { normShift: 0, written: true };
  switch (fields.get("general.architecture").text()) {
    case "deci":
      return has("attn_q") && !has("attn_output")
        ? { ...plain, name: "deci", family: "qwen2", className: "Qwen2ForCausalLM", pairedRows: true }
        : { ...plain, name: "deci", family: "llama", className: "LlamaForCausalLM", pairedRows: true };
    case "openelm":
      return { ...plain, name: "openelm", family: "qwen3", className: "Qwen3ForCausalLM", pairedRows: false };
    default:
      return undefined;
  }
}

/** Shapes of the tensors of attention in blocks without heads, which the engine computes with zeros. */
function missingAttention(config: ModelConfig, heads: readonly number[]): ReadonlyMap<string, readonly number[]> {
  const { names } = FAMILIES[config.family];
  const of = (block: number): [string, readonly number[]][] => {
    const at = `${names.layers}${block}.`;
    const linears = blockLinears(config).filter(({ role }) => role !== "up" && role !== "down");
    return [
      [`${at}${names.attentionNorm}.weight`, [config.dModel]],
      ...linears.flatMap(({ name, shape, biased }): [string, readonly number[]][] => [
        [`${at}${name}.weight`, shape],
        ...(biased ? [[`${at}${name}.bias`, [shape[0]]] as [string, readonly number[]]] : []),
      ]),
    ];
  };
  return new Map(heads.flatMap((count, block) => (count === 0 ? of(block) : [])));
}
