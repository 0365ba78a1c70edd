// An export target in memory, for tests and benchmarks; it may damage a file as it is written.
import { memoryFolder } from "../../formats/files/memoryFolder.ts";
import { collect, type OutputFile } from "../../formats/files/outputFile.ts";
import type { ExportTarget } from "./writeForms.ts";

/** `damage` may change a file's bytes before they are stored. */
export function memoryTarget(
  damage: (file: OutputFile, bytes: Uint8Array<ArrayBuffer>) => void = () => undefined,
): ExportTarget & { files: Record<string, Uint8Array<ArrayBuffer>> } {
  const files: Record<string, Uint8Array<ArrayBuffer>> = {};
  return {
    files,
    write: async (file) => {
      const bytes = await collect(file);
      damage(file, bytes);
      files[file.name] = bytes;
    },
    folder: async () => memoryFolder("export", { ...files }),
    discard: async () => {
      for (const name of Object.keys(files)) delete files[name];
    },
  };
}
