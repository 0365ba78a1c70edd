// Finds the model among files with paths: the shallowest folder that has one. Subfolders of it take no part.
import { type ByteSource, type Folder, missingFile } from "./folder.ts";
import { readError } from "./readError.ts";

export const CONFIG_FILE = "config.json";
const WEIGHTS = /^model\.safetensors(\.index\.json)?$/;
/** Projectors of multimodal models and importance matrices: GGUF files without a language model, by the names that llama.cpp's tools give them. */
const NO_MODEL = /(^|[-_.])(mmproj|imatrix)([-_.]|$)/i;
/** Names in a message. */
const SHOWN = 6;

/** Whether a file has the extension of GGUF and is not hidden (macOS writes "._name" beside a file on some disks). */
export function isGguf(name: string): boolean {
  return name.toLowerCase().endsWith(".gguf") && !name.startsWith(".");
}

/** Whether the name of a GGUF file is one of a projector or an importance matrix. */
export const isGgufExtra = (name: string): boolean => NO_MODEL.test(name);

/** Whether a folder with files of these names is the folder of a model, complete or not. */
export const looksLikeModel = (names: readonly string[]): boolean => completeness(names) > 0;

/** Whether a file or subfolder is hidden, as .git and .cache are. */
export const isHidden = (name: string): boolean => name.startsWith(".") || name === "__MACOSX";

const COMPLETE = 3;
const CONFIG_ONLY = 2;
const WEIGHTS_ONLY = 1;

/** Whether a folder has config and weights or a GGUF model, a config only, weights only, or (0) neither. */
function completeness(names: readonly string[]): number {
  const config = names.includes(CONFIG_FILE);
  const weights = names.some((name) => WEIGHTS.test(name) || /\.(bin|pth?|safetensors)$/.test(name));
  if ((config && weights) || names.some((name) => isGguf(name) && !isGgufExtra(name))) return COMPLETE;
  if (config) return CONFIG_ONLY;
  return names.some((name) => WEIGHTS.test(name) || isGguf(name)) ? WEIGHTS_ONLY : 0;
}

const folderPart = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const namePart = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const depthOf = (path: string): number => (path === "" ? 0 : path.split("/").length);

/** A folder that is read on request: of a drop, a picker or the disk. */
export interface FolderTree<T> {
  readonly name: string;
  read(): Promise<{ files: readonly { name: string; file: T }[]; folders: readonly FolderTree<T>[] }>;
}

/** Levels of folders that are searched for a model; the hub's cache has five. */
export const DEEPEST_LEVEL = 8;

/**
 * The files of a tree down to the first level that has a model, by path below `root`, and the subfolders that were not read. Hidden folders
 * are never read, because .git may have many thousand files.
 */
export async function filesToModel<T>(
  root: FolderTree<T>,
): Promise<{ files: { path: string; file: T }[]; subfolders: string[] }> {
  const files: { path: string; file: T }[] = [];
  let level = [{ prefix: "", tree: root }];
  for (let depth = 0; depth < DEEPEST_LEVEL && level.length > 0; depth++) {
    const read = await Promise.all(level.map(async ({ prefix, tree }) => ({ prefix, ...(await tree.read()) })));
    for (const one of read) files.push(...one.files.map(({ name, file }) => ({ path: one.prefix + name, file })));
    level = read.flatMap(({ prefix, folders }) =>
      folders.filter(({ name }) => !isHidden(name)).map((tree) => ({ prefix: `${prefix}${tree.name}/`, tree })),
    );
    if (read.some((one) => looksLikeModel(one.files.map(({ name }) => name)))) break;
  }
  return { files, subfolders: level.map(({ prefix }) => prefix.slice(0, -1)) };
}

/**
 * The model's folder among the files of `folder`, whose names may be paths with "/" between their parts. It is the shallowest folder with
 * config.json, weights or a GGUF file; where several are equally deep, the one with config and weights. Its subfolders (checkpoint-100,
 * ema, onnx, original, .git) take no part, and a note names them. Throws "format" where two models are equally deep, with both paths,
 * where there is no model, and where config.json has no weights beside it, but subfolders.
 */
export function shallowestModel(folder: Folder): Folder {
  const paths = folder.list().filter((path) => !isHiddenPath(path));
  const byFolder = new Map<string, string[]>();
  for (const path of paths) {
    const inSame = byFolder.get(folderPart(path));
    if (inSame) inSame.push(path);
    else byFolder.set(folderPart(path), [path]);
  }
  const found = [...byFolder]
    .map(([path, files]) => ({ path, depth: depthOf(path), complete: completeness(files.map(namePart)) }))
    .filter(({ complete }) => complete > 0);
  const depth = Math.min(...found.map((one) => one.depth));
  const shallow = found.filter((one) => one.depth === depth);
  const best = Math.max(...shallow.map(({ complete }) => complete));
  const [chosen, ...others] = shallow.filter(({ complete }) => complete === best).map(({ path }) => path);
  if (chosen === undefined) throw noModel(folder, paths);
  if (others.length > 0) {
    const all = [chosen, ...others].sort();
    throw readError({
      file: folder.name,
      expected: "one model",
      got: `${all.length} in folders of the same depth (${shown(all)})`,
      advice: "Open one of these folders by itself.",
      detail: { folders: all },
    });
  }
  return within(folder, chosen, byFolder.get(chosen) ?? []);
}

/** A hidden file, or one in a hidden folder; the folder that was picked, the first part of the path, may be hidden. */
function isHiddenPath(path: string): boolean {
  const parts = path.split("/");
  return parts.some((part, i) => isHidden(part) && (i > 0 || parts.length === 1));
}

/** The files of one folder, under their names. */
function within(folder: Folder, path: string, files: readonly string[]): Folder {
  const prefix = path === "" ? "" : `${path}/`;
  const inside = [...folder.list(), ...(folder.subfolders ?? []).map((name) => `${name}/`)].flatMap((file) =>
    file.startsWith(prefix) && file.includes("/", prefix.length)
      ? [file.slice(prefix.length, file.indexOf("/", prefix.length))]
      : [],
  );
  const aside = [...new Set(inside)].filter((name) => !isHidden(name)).sort();
  const notes = [...(folder.notes ?? [])];
  const name = path === "" ? folder.name : namePart(path);
  const names = files.map(namePart);
  if (aside.length > 0 && completeness(names) === CONFIG_ONLY)
    throw readError({
      file: name,
      expected: `weights beside ${CONFIG_FILE}`,
      got: `none, but subfolders (${shown(aside)})`,
      advice: "Open the subfolder with the model by itself, or its GGUF file.",
    });
  if (aside.length > 0)
    notes.push(`Only the files directly in ${name} are used. Its subfolders take no part: ${shown(aside)}.`);
  const flat: Folder = {
    name,
    ...(notes.length > 0 ? { notes } : {}),
    list: () => names,
    open: async (file) => {
      if (!names.includes(file)) throw missingFile(flat, file);
      return renamed(await folder.open(prefix + file), file);
    },
  };
  return flat;
}

/** The same file under its name in the model's folder. */
function renamed(source: ByteSource, name: string): ByteSource {
  return { name, size: source.size, read: (offset, length) => source.read(offset, length) };
}

const shown = (names: readonly string[]): string =>
  names.slice(0, SHOWN).join(", ") + (names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "");

function noModel(folder: Folder, paths: readonly string[]): Error {
  return readError({
    file: folder.name,
    expected: `a model folder with ${CONFIG_FILE}`,
    got: paths.length > 0 ? shown(paths) : "an empty folder",
    advice: `Choose the folder with ${CONFIG_FILE}, tokenizer.json and *.safetensors, or a *.gguf file.`,
  });
}
