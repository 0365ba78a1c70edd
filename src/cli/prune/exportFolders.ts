// Folders of the command line's exports: written next to the form's folder, checked, and only then moved into its place.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { isCompanion } from "../../engine/formats/files/companions.ts";
import { UsageError } from "../arguments/usageError.ts";

/** The files of an export beside those that it takes from the model. No other file is ever removed. */
const EXPORTED =
  /^(config\.json|receipt\.json|README\.md|modeling_\w+\.py|model(-\d+-of-\d+)?\.safetensors|model\.safetensors\.index\.json|nested\.(json|safetensors)|model\.gguf|onnx\/model\.onnx(_data(_\d+)?)?|lora\/(adapter_config\.json|adapter_model\.safetensors|README\.md))$/i;

const isExported = (name: string): boolean => EXPORTED.test(name) || isCompanion(name);

/** A model in parts keeps the names of its own file. */
const PART = /^([^/]+)-\d{5}-of-(\d{5})\.gguf$/i;

/** The parts of a GGUF export: all GGUF files of its folder, if they are of one model. */
function exportedParts(files: readonly string[]): ReadonlySet<string> {
  const models = files.filter((name) => /\.gguf$/i.test(name));
  const kinds = new Set(models.map((name) => PART.exec(name)?.slice(1).join(" ")));
  return new Set(kinds.size === 1 && !kinds.has(undefined) ? models : []);
}

/** Files below a folder, with "/" between the parts of their names. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => !statSync(join(folder, name)).isDirectory())
    .map((name) => name.replaceAll("\\", "/"));
}

function hasReceipt(folder: string): boolean {
  try {
    const { program } = JSON.parse(readFileSync(join(folder, "receipt.json"), "utf8")) as {
      program?: { name?: string };
    };
    return program?.name === "Espalier";
  } catch {
    return false;
  }
}

/** Throws a UsageError unless the folder is missing, is empty, or contains only an earlier export. */
export function checkReplaceable(path: string): void {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) throw new UsageError(`--out: expected a folder, got ${path}, which is a file`);
  const files = filesBelow(path);
  if (files.length === 0) return;
  const parts = exportedParts(files);
  const foreign = hasReceipt(path) ? files.find((name) => !isExported(name) && !parts.has(name)) : files[0];
  if (foreign !== undefined)
    throw new UsageError(
      `--out: expected a new or empty folder or an earlier export, got ${path}, which contains ${foreign}. Name a new folder or empty this one.`,
    );
}

/** Folders under `out` while they are written: of a form ("masked"), or nested deeper ("keep-0.5/masked"). */
export interface StagedForms<Name extends string> {
  /** Where a form is written before it is checked. */
  folder(name: Name): string;
  /**
   * Moves the forms that passed to their folders, in place of earlier exports. Removes the others; their earlier exports stay. Returns,
   * for each form whose folder has got other files meanwhile, where it is instead.
   */
  settle(passed: readonly Name[]): readonly string[];
  /** Removes what was written; earlier exports stay as they were. */
  drop(): void;
  /** Whether a form's folder has an earlier export; to be asked before `settle`. */
  hasEarlier(name: Name): boolean;
}

/** Makes a folder and writes to it, so that what does not work is found before hours of training. */
export function probeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `.espalier-${process.pid}`);
  writeFileSync(file, "probe");
  rmSync(file);
}

/** Throws a UsageError where `out` cannot be written, or a form's folder contains anything but an earlier export. */
export function stageForms<Name extends string>(out: string, names: readonly Name[]): StagedForms<Name> {
  for (const name of names) checkReplaceable(join(out, name));
  const folder = (name: Name): string => join(out, dirname(name), `.${basename(name)}-unchecked`);
  const drop = (): void => {
    for (const name of names) rmSync(folder(name), { recursive: true, force: true });
    const parents = new Set(names.map((name) => dirname(name)).filter((parent) => parent !== "."));
    for (const parent of parents) dropEmpty(join(out, parent));
  };
  try {
    drop();
    for (const name of names) probeFolder(folder(name));
  } catch (error) {
    throw new UsageError(
      `--out: expected a folder that can be written, got ${out} (${error instanceof Error ? error.message : String(error)}). Name another folder.`,
    );
  }
  return {
    folder,
    drop,
    hasEarlier: (name) => hasReceipt(join(out, name)),
    settle: (passed) => {
      const elsewhere: string[] = [];
      for (const name of passed) {
        const place = join(out, name);
        try {
          checkReplaceable(place);
          rmSync(place, { recursive: true, force: true });
          renameSync(folder(name), place);
        } catch (error) {
          const free = `${place}-new-${process.pid}`;
          renameSync(folder(name), free);
          elsewhere.push(`${error instanceof Error ? error.message : String(error)} The export is in ${free} instead.`);
        }
      }
      drop();
      return elsewhere;
    },
  };
}

/** Checkpoints under `out`, which outlive an interrupted command. */
interface StagedCheckpoints {
  folder: string;
  /** Names of the files that are there. */
  files: readonly string[];
  /** How to continue, as a sentence; undefined where nothing was saved. */
  hint(): string | undefined;
  remove(): void;
}

const CHECKPOINTS = ".checkpoints";

/** Throws a UsageError where there is nothing to resume, or where a new command would replace the checkpoints of an interrupted one. */
export function stageCheckpoints(out: string, resume: boolean): StagedCheckpoints {
  const folder = join(out, CHECKPOINTS);
  const files = (): string[] =>
    existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".safetensors")) : [];
  const saved = (): boolean => files().length > 0;
  if (resume && !saved())
    throw new UsageError(
      `--resume: expected checkpoints of an interrupted command in ${out}, found none. Leave out --resume to start anew.`,
    );
  if (!resume && saved())
    throw new UsageError(
      `--out: expected a folder without an interrupted command, got ${out}, which has checkpoints of one. Add --resume to continue it, or delete ${folder} to start anew.`,
    );
  return {
    folder,
    files: files(),
    hint: () => (saved() ? "The same command with --resume continues from what is saved in --out." : undefined),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function dropEmpty(path: string): void {
  if (existsSync(path) && readdirSync(path).length === 0) rmdirSync(path);
}
