// The files of a model that the command line names: of a folder down to its model, or of one GGUF file with its other parts.
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DEEPEST_LEVEL, isHidden, looksLikeModel } from "../../engine/formats/files/modelFiles.ts";
import { partNames } from "../../engine/formats/gguf/ggufParts.ts";

interface FilesOnDisk {
  /** Sizes in bytes by path below the folder. */
  files: Record<string, number>;
  /** Paths of subfolders that were not read. */
  subfolders: string[];
}

/** Files of a folder down to the first level that has a model; hidden folders are not read. */
export function filesInFolder(folder: string): FilesOnDisk {
  const files: Record<string, number> = {};
  let level = [""];
  for (let depth = 0; depth < DEEPEST_LEVEL && level.length > 0; depth++) {
    const below: string[] = [];
    let found = false;
    for (const prefix of level) {
      const names = readdirSync(join(folder, prefix)).sort();
      for (const name of names) {
        const stats = statSync(join(folder, prefix, name), { throwIfNoEntry: false });
        if (stats?.isFile()) files[prefix + name] = stats.size;
        else if (stats?.isDirectory() && !isHidden(name)) below.push(`${prefix}${name}/`);
      }
      found ||= looksLikeModel(names);
    }
    level = below;
    if (found) break;
  }
  return { files, subfolders: level.map((path) => path.slice(0, -1)) };
}

/** A file, and for one part of a GGUF model the other parts beside it that exist. Sizes in bytes by name. */
export function fileWithParts(path: string): Record<string, number> {
  const names = [basename(path), ...partNames(basename(path))];
  const present = names.filter((name) => existsSync(join(dirname(path), name)));
  return Object.fromEntries(present.map((name) => [name, statSync(join(dirname(path), name)).size]));
}
