// Where the command line's exports go: beside the form's folder until they are checked, then into its place, wholly or not at all.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CliForm } from "./exportArguments.ts";
import { UsageError } from "./usageError.ts";

/** What an export consists of: nothing else is ever removed. */
const EXPORTED =
  /^(config\.json|receipt\.json|README\.md|modeling_\w+\.py|model(-\d+-of-\d+)?\.safetensors|model\.safetensors\.index\.json|generation_config\.json|tokenizer.*|special_tokens_map\.json|added_tokens\.json|vocab\.(json|txt)|merges\.txt|chat_template\..*|(LICEN[CS]E|NOTICE|USE_POLICY)(\..*)?|onnx\/model\.onnx(_data(_\d+)?)?)$/i;

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

/** Throws a UsageError unless the folder is missing, empty, or an earlier export and nothing else. */
export function checkReplaceable(path: string): void {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) throw new UsageError(`--out: ${path} is a file; a folder is written there`);
  const files = filesBelow(path);
  if (files.length === 0) return;
  const foreign = hasReceipt(path) ? files.find((name) => !EXPORTED.test(name)) : files[0];
  if (foreign !== undefined)
    throw new UsageError(
      `--out: ${path} is not empty and not an earlier export alone (it holds ${foreign}); name a new folder, or empty this one`,
    );
}

/** The forms' folders under `out` while they are written. */
export interface StagedForms {
  /** Where a form is written to for now. */
  folder(form: CliForm): string;
  /** Gives the forms that passed their folders, in place of earlier exports; those that did not pass are gone, as are their earlier ones. */
  settle(passed: readonly CliForm[]): void;
  /** Removes what was written, and leaves earlier exports as they were. */
  drop(): void;
}

/** Throws a UsageError where a form's folder holds anything but an earlier export. */
export function stageForms(out: string, forms: readonly CliForm[]): StagedForms {
  for (const form of forms) checkReplaceable(join(out, form));
  const folder = (form: CliForm): string => join(out, `.${form}-unchecked`);
  const drop = (): void => forms.forEach((form) => rmSync(folder(form), { recursive: true, force: true }));
  drop();
  for (const form of forms) mkdirSync(folder(form), { recursive: true });
  return {
    folder,
    drop,
    settle: (passed) => {
      for (const form of forms) {
        rmSync(join(out, form), { recursive: true, force: true });
        if (passed.includes(form)) renameSync(folder(form), join(out, form));
      }
      drop();
    },
  };
}
