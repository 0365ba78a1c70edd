// The files of a model that the command line names: of a folder down to its model, or of one GGUF file with its other parts.
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { DEEPEST_LEVEL, isHidden, looksLikeModel } from "../../engine/formats/files/modelFiles.ts";
import { printableLine } from "./printable.ts";
import { partNames } from "../../engine/formats/gguf/ggufParts.ts";

interface FilesOnDisk {
  /** Sizes in bytes by path below the folder. */
  files: Record<string, number>;
  /** Paths of subfolders that were not read. */
  subfolders: string[];
}

/**
 * Whether a file or folder is really in the folder that was named. A link out of it is not read: a model from a stranger could have one to
 * any file of this machine. The hub's cache is made of links from snapshots/REVISION/ to blobs/, which are read.
 */
function isInside(folder: string, path: string): boolean {
  const real = realpathSync(path);
  const root = realpathSync(folder);
  const hubCache = basename(dirname(root)) === "snapshots" ? [resolve(root, "../../blobs")] : [];
  return [root, ...hubCache].some((place) => real.startsWith(place + sep));
}

/** Files of a folder down to the first level that has a model; hidden files and folders are not read, nor are links out of the folder. */
export function filesInFolder(folder: string): FilesOnDisk {
  const files: Record<string, number> = {};
  let level = [""];
  for (let depth = 0; depth < DEEPEST_LEVEL && level.length > 0; depth++) {
    const below: string[] = [];
    let found = false;
    for (const prefix of level) {
      const names = readdirSync(join(folder, prefix)).sort();
      for (const name of names) {
        const path = join(folder, prefix, name);
        const stats = isHidden(name) ? undefined : statSync(path, { throwIfNoEntry: false });
        if (!stats) continue;
        if (!isInside(folder, path))
          process.stderr.write(
            `note: ${printableLine(path)} is a link to outside the folder, so it is not read. Copy the file there to use it.\n`,
          );
        else if (stats.isFile()) files[prefix + name] = stats.size;
        else if (stats.isDirectory()) below.push(`${prefix}${name}/`);
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
  const present = names.filter(
    (name, at) =>
      existsSync(join(dirname(path), name)) && (at === 0 || isInside(dirname(path), join(dirname(path), name))),
  );
  return Object.fromEntries(present.map((name) => [name, statSync(join(dirname(path), name)).size]));
}
