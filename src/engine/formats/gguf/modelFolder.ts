// What is opened of a folder that was picked, dropped, fetched or named: its safetensors, or its GGUF model as a folder.
import { licenceOf, NO_LICENCE } from "../card/licence.ts";
import { CARD_FILE, isLicence } from "../files/companions.ts";
import { type Folder, folderOf } from "../files/folder.ts";
import { isGguf, isGgufExtra, shallowestModel } from "../files/modelFiles.ts";
import { readError } from "../files/readError.ts";
import { INDEX_FILE, SINGLE_FILE } from "../safetensors/safetensors.ts";
import { ggufFolder } from "./ggufFolder.ts";
import { ggufModels, openParts } from "./ggufParts.ts";
import { readGgufHeader } from "./header.ts";

/**
 * The model of `folder`, flat: the shallowest folder with config.json or a GGUF file (`shallowestModel`). Safetensors beside config.json are
 * preferred to GGUF files; a GGUF model, in one file or in parts, is complete without config.json. Projectors and other GGUF files
 * without a language model take no part; notes say what took none. Throws "format" for two models of one depth, for several GGUF models,
 * with their names, and for missing parts.
 */
export async function modelFolder(folder: Folder): Promise<Folder> {
  const flat = shallowestModel(folder);
  const names = flat.list();
  const files = names.filter(isGguf);
  if (files.length === 0) return flat;
  const stored = names.includes("config.json") && (names.includes(SINGLE_FILE) || names.includes(INDEX_FILE));
  if (stored) return noting(flat, `The safetensors are opened; GGUF files take no part: ${files.join(", ")}.`);
  const { models, extras } = await modelsAmong(flat, files);
  const [model, ...others] = models;
  if (model === undefined) return flat;
  if (others.length > 0) {
    const all = models.map(([first = "", ...more]) =>
      more.length > 0 ? `${first} in ${more.length + 1} parts` : first,
    );
    throw readError({
      file: flat.name,
      expected: "one GGUF file",
      got: `${all.length} (${all.join(", ")})`,
      advice: `They are different models, or one in different precisions. Open one of them without the others, for example ${model.length > 1 ? `the parts of ${model[0]!}` : model[0]!}.`,
      detail: { files: models.map(([first = ""]) => first) },
    });
  }
  const opened = await ggufFolder(...(await openParts(flat, model[0]!)));
  const aside = [...extras, ...names.filter((name) => name === "config.json")];
  const notes = aside.length > 0 ? [`The GGUF model is complete without ${aside.join(", ")}, which took no part.`] : [];
  return noting(await withLicences(opened, flat), ...(flat.notes ?? []), ...notes);
}

/** A GGUF model's folder with the licences that lie beside the file, and with the card beside it where only that states a licence. */
async function withLicences(opened: Folder, beside: Folder): Promise<Folder> {
  const card = (await licenceOf(opened)) === NO_LICENCE && (await licenceOf(beside)) !== NO_LICENCE;
  const taken = beside.list().filter((name) => isLicence(name) || (card && name === CARD_FILE));
  const own = opened.list().filter((name) => !taken.includes(name));
  const files = [...own.map((name) => opened.open(name)), ...taken.map((name) => beside.open(name))];
  return { ...opened, ...folderOf(opened.name, await Promise.all(files)) };
}

/** The same folder with more notes. */
function noting(folder: Folder, ...notes: string[]): Folder {
  return notes.length > 0 ? { ...folder, notes: [...(folder.notes ?? []), ...notes] } : folder;
}

/** GGUF files by model, and those without a language model. Names tell most apart; where several are left, headers decide. */
async function modelsAmong(
  folder: Folder,
  files: readonly string[],
): Promise<{ models: string[][]; extras: readonly string[] }> {
  const byName = files.filter((name) => !isGgufExtra(name));
  const models = ggufModels(byName.length > 0 ? byName : files);
  if (models.length > 1) {
    const languages = await Promise.all(models.map(async ([first = ""]) => !(await isExtra(folder, first))));
    const kept = models.filter((_, i) => languages[i]);
    if (kept.length > 0) return { models: kept, extras: without(files, kept) };
  }
  return { models, extras: without(files, models) };
}

const without = (files: readonly string[], models: readonly string[][]): string[] =>
  files.filter((name) => !models.some((model) => model.includes(name)));

/** Kinds of GGUF files that only work beside a model (general.type). */
const EXTRA_TYPES = ["mmproj", "adapter", "imatrix"];

/** Whether a header is that of a projector ("clip"), an adapter or an importance matrix. One that cannot be read is taken for a model. */
async function isExtra(folder: Folder, name: string): Promise<boolean> {
  try {
    const { metadata } = await readGgufHeader(await folder.open(name));
    const type = metadata.get("general.type");
    return metadata.get("general.architecture") === "clip" || (typeof type === "string" && EXTRA_TYPES.includes(type));
  } catch {
    return false;
  }
}
