// A model that the command line serves over HTTP, opened on the page: a folder, or a GGUF file.
import { type Folder, httpFolder, modelFolder } from "../../engine/index.ts";

/** What the page needs to open a folder: its address, and the size in bytes of each file, by path. */
export interface ServedFolder {
  name: string;
  url: string;
  files: Record<string, number>;
  /** Paths of subfolders whose files are not listed. */
  subfolders?: readonly string[];
}

/** The model's folder; a GGUF file is opened as a folder. */
export function servedModel({ name, url, files, subfolders = [] }: ServedFolder): Promise<Folder> {
  return modelFolder({ ...httpFolder(name, url, files), subfolders });
}
