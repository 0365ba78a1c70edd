// The GGUF model among the files of a folder, as a folder.
import { licenceOf, NO_LICENCE } from "../card/licence.ts";
import { CARD_FILE, isLicence } from "../files/companions.ts";
import { type Folder, folderOf, noting } from "../files/folder.ts";
import { isGgufExtra } from "../files/modelFiles.ts";
import { readError } from "../files/readError.ts";
import { ggufFolder } from "./ggufFolder.ts";
import { ggufModels, openParts } from "./ggufParts.ts";
import { readGgufHeader } from "./header.ts";

/**
 * The model that `files`, the GGUF files of a flat folder, contain; the folder itself where none of them is a language model. Throws "format"
 * for several models and for missing parts.
 */
export async function ggufModel(flat: Folder, files: readonly string[]): Promise<Folder> {
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
  const aside = [...extras, ...flat.list().filter((name) => name === "config.json")];
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
