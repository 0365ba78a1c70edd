// Shared by all exports of a Hugging Face folder: companion files, config.json, and the choice of dtype.
import { EngineError, showValue } from "../../errors.ts";
import type { ModelConfig } from "../../config/config.ts";
import { checkMasks } from "../../masks/compact.ts";
import type { Masks } from "../../masks/gates.ts";
import { blockTensors } from "../../masks/tensorGates.ts";
import { fromFloat32, isFloatDtype, toFloat32, type Dtype, type FloatDtype } from "../../dtype.ts";
import { isCompanion } from "../files/companions.ts";
import { CONFIG_FILE } from "../files/modelFiles.ts";
import { type ByteSource, readJson, type Folder } from "../files/folder.ts";
import { copiedFile, jsonFile, type OutputFile } from "../files/outputFile.ts";
import { readError } from "../files/readError.ts";
import type { LowRankAdapter } from "./peftAdapter.ts";
import { separated } from "../safetensors/fused.ts";
import { openWeights, type Weights } from "../safetensors/safetensors.ts";

const TORCH_NAMES: Record<FloatDtype, string> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/** Values of at least this magnitude round to infinity. */
const OVERFLOW: Record<FloatDtype, number> = { F32: Infinity, F16: 65520, BF16: 2 ** 127 * (2 - 2 ** -8) };

/** A model to export, and how to write its weights. */
export interface ExportModel {
  /** The dense model: config.json, safetensors, tokenizer. */
  folder: Folder;
  config: ModelConfig;
  /** The weights to export, in place of the folder's: those of a recovered model. */
  recoveredWeights?: Weights;
  /** The low-rank adapter in those weights; the masked form gets it as files of its own too. */
  adapter?: LowRankAdapter;
  /** Element type of the exported weights; by default each tensor keeps its own. */
  dtype?: FloatDtype;
  /** Largest number of tensor bytes per weights file; by default everything goes into one file. */
  shardBytes?: number;
}

/** The same with the masks of structural pruning. */
export interface ExportSource extends ExportModel {
  masks: Masks;
}

/**
 * Opens the weights and checks, before anything is written, that the masks fit the config and that every weight of every block has
 * its full shape. Throws "shape" for the masks, "format" for the weights.
 */
export async function openExportWeights(source: ExportSource): Promise<Weights> {
  checkMasks(source.config, source.masks);
  return openModelWeights(source);
}

/** The same without masks. */
export async function openModelWeights({ folder, config, recoveredWeights }: ExportModel): Promise<Weights> {
  const weights = recoveredWeights ?? (await openWeights(await separated(folder, config)));
  for (const { name, shape } of blockTensors(config)) {
    const info = weights.info(name);
    const fits = info.shape.length === 2 && info.shape.every((size, axis) => size === shape[axis]);
    if (fits && isFloatDtype(info.dtype)) continue;
    throw readError({
      file: folder.name,
      field: name,
      expected: `${shape.join(" x ")} in F32, F16 or BF16`,
      got: `${info.shape.join(" x ")} in ${info.dtype}`,
      advice: "Take config.json and weights from the same model.",
    });
  }
  return weights;
}

/**
 * generation_config, tokenizer and licence files, byte for byte, except that settings which name code lose these fields. A settings file that
 * is not valid JSON is left out: other parsers might find such a field in it.
 */
export async function companionFiles(folder: Folder): Promise<OutputFile[]> {
  const names = folder.list().filter(isCompanion).sort();
  const files = await Promise.all(names.map(async (name) => companionFile(await folder.open(name), name)));
  return files.filter((file) => file !== undefined);
}

/** Files in which transformers looks for code. */
const SETTINGS = ["tokenizer_config.json", "generation_config.json"];
/** Fields by which it finds code: in the base model's folder, whose code an export does not contain, or on the hub. */
const CODE_FIELDS = ["auto_map", "custom_pipelines"];

async function companionFile(source: ByteSource, name: string): Promise<OutputFile | undefined> {
  if (!SETTINGS.includes(name)) return copiedFile(source, name);
  try {
    return settingsFile(source, name, await readJson(source));
  } catch (error) {
    if (error instanceof EngineError && error.code === "format") return undefined;
    throw error;
  }
}

/** The file byte for byte; without the fields that name code where it has them. */
function settingsFile(source: ByteSource, name: string, json: unknown): OutputFile {
  const names = typeof json === "object" && json !== null && CODE_FIELDS.some((field) => Object.hasOwn(json, field));
  return names ? jsonFile(name, withoutCode(json)) : copiedFile(source, name);
}

const withoutCode = (json: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(json).filter(([field]) => !CODE_FIELDS.includes(field)));

/** config.json, byte for byte unless it names code. */
export async function copiedConfig(folder: Folder): Promise<OutputFile> {
  const source = await folder.open(CONFIG_FILE);
  return settingsFile(source, CONFIG_FILE, await readJson(source));
}

/** config.json as an object, without the fields that name code. */
export async function readRawConfig(folder: Folder): Promise<Record<string, unknown>> {
  const json = await readJson(await folder.open(CONFIG_FILE));
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return withoutCode(json);
  throw readError({
    file: CONFIG_FILE,
    expected: "an object",
    got: showValue(json),
    advice: "Use the config.json of the model.",
    code: "config",
  });
}

/** The config with the dtype that the weights were converted to, under each key that it uses ("dtype"; before transformers 5 "torch_dtype"). */
export function configWithDtype(config: Record<string, unknown>, dtype?: FloatDtype): Record<string, unknown> {
  if (!dtype) return config;
  const used = ["dtype", "torch_dtype"].filter((key) => Object.hasOwn(config, key));
  const keys = used.length > 0 ? used : ["torch_dtype"];
  return { ...config, ...Object.fromEntries(keys.map((key) => [key, TORCH_NAMES[dtype]])) };
}

/** The dtype of an exported tensor: the chosen one for weights; integers keep theirs. */
export function exportDtype(own: Dtype, chosen?: FloatDtype): Dtype {
  return chosen && isFloatDtype(own) ? chosen : own;
}

/** Converts elements to another dtype, rounding to nearest even; returns the same array where nothing changes. Throws "not-finite" where a value is too large. */
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
    throw new EngineError(
      "not-finite",
      `${tensor}: expected values that fit ${to}, got ${tooLarge}. Export as BF16 or F32 instead.`,
    );
  }
  return fromFloat32(values, to);
}
