// What the commands share about their arguments: parsing in one line of complaint, and files and folders that have to be there.
import { existsSync, statSync } from "node:fs";
import { parseArgs } from "node:util";
import { UsageError } from "./usageError.ts";

export type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

const HELP = "--help lists the arguments";

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
