// The arguments of a run of any method: model, texts, how perplexity is measured, and the export.
import { existingFile, existingModel, optionalWhole, requiredText, type Values } from "./arguments.ts";
import type { HostChoice } from "../host/chooseHost.ts";
import { EXPORT_OPTIONS, type ExportArguments, readExportArguments } from "./exportArguments.ts";
import type { WeightStorage } from "../../engine/dtype.ts";
import { readStorageArgument, STORAGE_OPTIONS, STORAGE_USAGE } from "./storageArgument.ts";
import { MEMORY_OPTIONS, readMemoryArgument } from "./memoryArgument.ts";
import { HOST_OPTIONS, HOST_USAGE, readHostArgument } from "./hostArguments.ts";
import { UsageError } from "./usageError.ts";

/** Arguments of every command that measures perplexity. */
export interface EvaluationArguments {
  model: string;
  /** Path of the evaluation text. */
  evaluation: string;
  /** Tokens of a window. */
  context: number;
  /** Tokens of the evaluation text that are measured. */
  evaluationTokens: number;
  /** How matrices are stored on the GPU. */
  precision: WeightStorage;
  /** Memory of the GPU in bytes that the plan has to fit into. */
  memoryBytes?: number;
  host: HostChoice;
  /** Whether matmul kernels are chosen by measuring. */
  tune: boolean;
}

/** Arguments of every command that prunes and measures. */
export interface MeasureArguments extends EvaluationArguments {
  /** Path of the calibration text. */
  text: string;
}

/** Arguments of a run of any method. */
export interface RunArguments extends MeasureArguments, ExportArguments {}

const text = { type: "string" } as const;
/** The options of EvaluationArguments, for parseValues. */
export const EVALUATION_OPTIONS = {
  model: text,
  eval: text,
  context: text,
  "eval-tokens": text,
  ...STORAGE_OPTIONS,
  ...MEMORY_OPTIONS,
  ...HOST_OPTIONS,
  tune: text,
};
/** The options of MeasureArguments, for parseValues. */
export const MEASURE_OPTIONS = { ...EVALUATION_OPTIONS, text };
/** The options of RunArguments, for parseValues. */
export const RUN_OPTIONS = { ...MEASURE_OPTIONS, ...EXPORT_OPTIONS };

const MODEL_USAGE = `  --model DIR|FILE.gguf    a folder with config.json, tokenizer.json and safetensors, or a GGUF file`;
const EVAL_USAGE = `  --eval FILE              text that perplexity is measured on
  --context 512            tokens per window of the perplexity
  --eval-tokens 20480      tokens of --eval that are measured
${STORAGE_USAGE}
  --memory-gb N            memory of your GPU, in units of 10^9 bytes: the fastest plan that fits is taken, see npm run plan (no limit)
  --tune on|off            on: measure matmul kernels for this adapter once and keep the choice in .cache/matmul; off: take the usual ones (on)
${HOST_USAGE}`;
export const EVALUATION_USAGE = `${MODEL_USAGE}
${EVAL_USAGE}`;
export const MEASURE_USAGE = `${MODEL_USAGE}
  --text FILE              text (UTF-8, or UTF-16 with its mark) that masks are trained or calibrated on
${EVAL_USAGE}`;

/** Throws a UsageError that names the argument. */
export function readRunArguments(values: Values): RunArguments {
  return { ...readMeasureArguments(values), ...readExportArguments(values) };
}

/** Throws a UsageError that names the argument. */
export function readMeasureArguments(values: Values): MeasureArguments {
  return { ...readEvaluationArguments(values), text: existingFile("text", requiredText(values, "text")) };
}

/** Throws a UsageError that names the argument. */
export function readEvaluationArguments(values: Values): EvaluationArguments {
  const tune = typeof values["tune"] === "string" ? values["tune"] : "on";
  if (tune !== "on" && tune !== "off") throw new UsageError(`--tune: expected on or off, got "${tune}"`);
  const model = existingModel(requiredText(values, "model"));
  return {
    model,
    evaluation: existingFile("eval", requiredText(values, "eval")),
    context: optionalWhole(values, "context", { min: 2 }) ?? 512,
    evaluationTokens: optionalWhole(values, "eval-tokens", { min: 2 }) ?? 20_480,
    precision: readStorageArgument(values),
    ...readMemoryArgument(values),
    host: readHostArgument(values),
    tune: tune === "on",
  };
}

/** The value of `check`; what it throws becomes a UsageError. */
export function checkedArguments<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
