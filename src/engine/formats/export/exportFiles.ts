// What every export of a Hugging Face folder shares: the files that go along unchanged, config.json, and the choice of dtype.
import { EngineError, invariant } from "../../errors.ts";
import type { ModelConfig } from "../../config/config.ts";
import { checkMasks } from "../../masks/compact.ts";
import type { Masks } from "../../masks/gates.ts";
import { blockTensors } from "../../masks/tensorGates.ts";
import { fromFloat32, isFloatDtype, toFloat32, type Dtype, type FloatDtype } from "../../dtype.ts";
import { readJson, type Folder } from "../files/folder.ts";
import { copiedFile, type OutputFile } from "../files/outputFile.ts";
import { openWeights, type Weights } from "../safetensors/safetensors.ts";

export const CONFIG_FILE = "config.json";

/** Files that travel with the weights as they are, where the source has them. */
const COMPANIONS =
  /^(generation_config\.json|tokenizer.*|special_tokens_map\.json|added_tokens\.json|vocab\.(json|txt)|merges\.txt|chat_template\..*|(LICEN[CS]E|NOTICE|USE_POLICY)(\..*)?)$/i;

const TORCH_NAMES: Record<FloatDtype, string> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/** From this magnitude on, rounding to the dtype gives infinity. */
const OVERFLOW: Record<FloatDtype, number> = { F32: Infinity, F16: 65520, BF16: 2 ** 127 * (2 - 2 ** -8) };

/** A model to export, and how its weights are written. */
export interface ExportModel {
  /** The unpruned model: config.json, safetensors, tokenizer. */
  folder: Folder;
  config: ModelConfig;
  /** Element type of the exported weights; each tensor's own where it is left out. */
  dtype?: FloatDtype;
  /** Largest number of tensor bytes in one weights file; one file whatever its size where it is left out. */
  shardBytes?: number;
}

/** The same with what structural pruning keeps of it. */
export interface ExportSource extends ExportModel {
  masks: Masks;
}

/**
 * Opens the weights and checks, before a byte is written, that the masks belong to the config and that every weight of every block is
 * there in its full shape. Throws "shape" for the masks, "format" for the weights.
 */
export async function openExportWeights(source: ExportSource): Promise<Weights> {
  checkMasks(source.config, source.masks);
  return openModelWeights(source);
}

/** The same without masks. */
export async function openModelWeights({ folder, config }: ExportModel): Promise<Weights> {
  const weights = await openWeights(folder);
  for (const { name, shape } of blockTensors(config)) {
    const info = weights.info(name);
    invariant(
      info.shape.length === 2 && info.shape.every((size, axis) => size === shape[axis]) && isFloatDtype(info.dtype),
      "format",
      `${name}: expected ${shape.join(" x ")} in F32, F16 or BF16, got ${info.shape.join(" x ")} in ${info.dtype}; config.json and weights disagree`,
    );
  }
  return weights;
}

/** generation_config, tokenizer and licence files, byte for byte. */
export async function companionFiles(folder: Folder): Promise<OutputFile[]> {
  const names = folder.list().filter((name) => COMPANIONS.test(name));
  return Promise.all(names.sort().map(async (name) => copiedFile(await folder.open(name), name)));
}

/** config.json as an object. */
export async function readRawConfig(folder: Folder): Promise<Record<string, unknown>> {
  const json = await readJson(await folder.open(CONFIG_FILE));
  invariant(
    typeof json === "object" && json !== null && !Array.isArray(json),
    "config",
    `${CONFIG_FILE}: expected an object, got ${JSON.stringify(json).slice(0, 40)}`,
  );
  return { ...json };
}

/** The config with the dtype that the weights were converted to, under the key that it uses ("dtype", before transformers 5 "torch_dtype"). */
export function configWithDtype(config: Record<string, unknown>, dtype?: FloatDtype): Record<string, unknown> {
  if (!dtype) return config;
  return { ...config, [Object.hasOwn(config, "dtype") ? "dtype" : "torch_dtype"]: TORCH_NAMES[dtype] };
}

/** The dtype in which a tensor is exported: weights follow the choice, integers stay. */
export function exportDtype(own: Dtype, chosen?: FloatDtype): Dtype {
  return chosen && isFloatDtype(own) ? chosen : own;
}

/** Elements in another dtype, rounded to nearest even; the same array where nothing changes. Throws "not-finite" where a value is too large. */
export function converted(
  bytes: Uint8Array<ArrayBuffer>,
  from: Dtype,
  to: Dtype,
  tensor: string,
): Uint8Array<ArrayBuffer> {
  if (from === to || !isFloatDtype(to)) return bytes;
  const values = toFloat32(bytes, from);
  const tooLarge = values.find((value) => Number.isFinite(value) && Math.abs(value) >= OVERFLOW[to]);
  if (tooLarge !== undefined) {
    throw new EngineError("not-finite", `${tensor}: ${tooLarge} does not fit ${to}; export as BF16 or F32 instead`);
  }
  return fromFloat32(values, to);
}
