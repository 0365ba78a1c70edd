// What the commands share about their arguments: parsing in one line of complaint, and files and folders that have to be there.
import { existsSync, statSync } from "node:fs";
import { parseArgs } from "node:util";
import { UsageError } from "./usageError.ts";

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

/** Forms that are written without a window. */
export const FORMS = ["masked", "compact", "onnx"] as const;
export type CliForm = (typeof FORMS)[number];

const HELP = "npm run prune -- --help lists the arguments";

/** The values of `argv`; throws a UsageError of one line. */
export function parseValues(argv: readonly string[], options: Options): Record<string, unknown> {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Node's own messages about arguments come with advice on further lines
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split(/[\n.] /);
    throw new UsageError(`${line}; ${HELP}`);
  }
}

export function neededText(values: Readonly<Record<string, unknown>>, name: string): string {
  const value = values[name];
  if (typeof value !== "string" || value === "") throw new UsageError(`--${name} is missing; ${HELP}`);
  return value;
}

export function optionalNumber(values: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = values[name];
  if (typeof value !== "string") return undefined;
  const found = Number(value);
  if (value.trim() === "" || !Number.isFinite(found))
    throw new UsageError(`--${name} must be a number; "${value}" came`);
  return found;
}

/** The path, if a folder or a file is there as expected. */
export function existing(name: string, path: string, folder: boolean): string {
  if (!existsSync(path) || statSync(path).isDirectory() !== folder) {
    throw new UsageError(`--${name} ${path}: ${folder ? "a folder" : "a file"} was expected there`);
  }
  return path;
}

/** The path of a model: a folder, or a GGUF file. */
export function existingModel(path: string): string {
  const found = existsSync(path) && (statSync(path).isDirectory() || /\.gguf$/i.test(path));
  if (!found) throw new UsageError(`--model ${path}: a folder or a *.gguf file was expected there`);
  return path;
}

/** The forms of --forms in their own order; all of them where it is missing. */
export function readForms(value: unknown): CliForm[] {
  const forms = (typeof value === "string" ? value : FORMS.join()).split(",");
  const unknown = forms.find((form) => !FORMS.some((known) => known === form));
  if (unknown !== undefined)
    throw new UsageError(`--forms takes ${FORMS.join(" and ")}, separated by a comma; "${unknown}" came`);
  return FORMS.filter((form) => forms.includes(form));
}

/** What runs of every method are given. */
export interface RunArguments {
  model: string;
  text: string;
  evaluation: string;
  out: string;
  context: number;
  evaluationTokens: number;
  forms: CliForm[];
  /** How matrices are held on the GPU. */
  precision: "f32" | "f16";
}

const text = { type: "string" } as const;
/** The arguments of RunArguments, for parseValues. */
export const RUN_OPTIONS = {
  model: text,
  text,
  eval: text,
  out: text,
  context: text,
  "eval-tokens": text,
  forms: text,
  half: { type: "boolean" } as const,
};

/** Throws a UsageError that names the argument. */
export function readRunArguments(values: Readonly<Record<string, unknown>>): RunArguments {
  const forms = readForms(values["forms"]);
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
    out: neededText(values, "out"),
    context: whole("context", 512),
    evaluationTokens: whole("eval-tokens", 20_480),
    forms,
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
