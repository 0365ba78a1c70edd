// The arguments of a run of any method: model, texts, measuring, and where its export goes.
import { existing, existingModel, neededText, optionalNumber } from "./arguments.ts";
import { EXPORT_OPTIONS, type ExportArguments, readExport } from "./exportArguments.ts";
import { UsageError } from "./usageError.ts";

/** What everything that measures a model is given. */
export interface MeasureArguments {
  model: string;
  text: string;
  evaluation: string;
  context: number;
  evaluationTokens: number;
  /** How matrices are held on the GPU. */
  precision: "f32" | "f16";
}

/** What runs of every method are given. */
export interface RunArguments extends MeasureArguments, ExportArguments {}

const text = { type: "string" } as const;
/** The arguments of MeasureArguments, for parseValues. */
export const MEASURE_OPTIONS = {
  model: text,
  text,
  eval: text,
  context: text,
  "eval-tokens": text,
  half: { type: "boolean" } as const,
};
/** The arguments of RunArguments, for parseValues. */
export const RUN_OPTIONS = { ...MEASURE_OPTIONS, ...EXPORT_OPTIONS };

/** Throws a UsageError that names the argument. */
export function readRunArguments(values: Readonly<Record<string, unknown>>): RunArguments {
  return { ...readMeasureArguments(values), ...readExport(values) };
}

/** Throws a UsageError that names the argument. */
export function readMeasureArguments(values: Readonly<Record<string, unknown>>): MeasureArguments {
  const model = existingModel(neededText(values, "model"));
  const whole = (name: string, fallback: number): number => {
    const value = optionalNumber(values, name) ?? fallback;
    if (!Number.isInteger(value) || value < 2)
      throw new UsageError(`--${name} must be a whole number of at least 2; ${value} came`);
    return value;
  };
  return {
    model,
    text: existing("text", neededText(values, "text"), false),
    evaluation: existing("eval", neededText(values, "eval"), false),
    context: whole("context", 512),
    evaluationTokens: whole("eval-tokens", 20_480),
    precision: values["half"] === true ? "f16" : "f32",
  };
}

/** A recipe that its own check accepts; its refusal is a UsageError. */
export function checkedArguments<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
