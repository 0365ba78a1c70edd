// Reads command line arguments: values by option, required texts, numbers, and files that have to exist.
import { existsSync, statSync } from "node:fs";
import { parseArgs } from "node:util";
import { UsageError } from "./usageError.ts";

export type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

/** Values by the names of their options. */
export type Values = Readonly<Record<string, unknown>>;

const HELP = "--help lists the arguments";

/** The values in `argv`. Throws a UsageError of one line. */
export function parseValues(argv: readonly string[], options: Options): Record<string, unknown> {
  return parse(argv, options, false).values;
}

/** The values in `argv`, and the words that belong to no option. Throws a UsageError of one line. */
export function parseWords(
  argv: readonly string[],
  options: Options,
): { values: Record<string, unknown>; words: readonly string[] } {
  const { values, positionals } = parse(argv, options, true);
  return { values, words: positionals };
}

function parse(argv: readonly string[], options: Options, allowPositionals: boolean): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals });
  } catch (error) {
    // only the first sentence of Node's messages says what is wrong; the others advise
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split(/\.?\n|\. /);
    throw new UsageError(`${line}; ${HELP}`);
  }
}

export function requiredText(values: Values, name: string): string {
  const value = values[name];
  if (typeof value !== "string" || value === "") throw new UsageError(`--${name}: expected a value, got none; ${HELP}`);
  return value;
}

export function optionalNumber(values: Values, name: string): number | undefined {
  const value = values[name];
  if (typeof value !== "string") return undefined;
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number))
    throw new UsageError(`--${name}: expected a number, got "${value}"`);
  return number;
}

/** The same for a whole number from `min` to `max`. */
export function optionalWhole(
  values: Values,
  name: string,
  { min, max = Infinity }: { min: number; max?: number },
): number | undefined {
  const value = optionalNumber(values, name);
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return value;
  throw new UsageError(`--${name}: expected a whole number of at least ${min}, got ${value}`);
}

/** The path, if a file exists there. */
export function existingFile(name: string, path: string): string {
  if (!existsSync(path) || statSync(path).isDirectory())
    throw new UsageError(`--${name}: expected a file, got "${path}", which ${absence(path)}`);
  return path;
}

/** The path of a model, if a folder or a GGUF file exists there. */
export function existingModel(path: string): string {
  const found = existsSync(path) && (statSync(path).isDirectory() || /\.gguf$/i.test(path));
  if (!found)
    throw new UsageError(`--model: expected a folder or a *.gguf file, got "${path}", which ${absence(path)}`);
  return path;
}

function absence(path: string): string {
  if (!existsSync(path)) return "does not exist";
  return statSync(path).isDirectory() ? "is a folder" : "is another file";
}
