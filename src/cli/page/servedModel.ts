// The models that the command line named, as the page opens them: folders, or a GGUF file.
import { type Folder, httpFolder, modelFolder } from "../../engine/index.ts";
import type { ServedFolder } from "./files.ts";

/** The model's folder; a GGUF file is opened as one. */
export function servedModel({ name, url, files }: ServedFolder): Promise<Folder> {
  return modelFolder(httpFolder(name, url, files));
}
