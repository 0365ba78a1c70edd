// Files of the origin's private file system: checkpoints and prepared exports. A file appears whole or not at all.
import { EngineError, invariant } from "../engine/index.ts";

const storageError = (what: string, error: unknown): EngineError => {
  const name = error instanceof Error ? error.name : "unknown";
  const remedy =
    name === "QuotaExceededError" || name === "AbortError"
      ? "The browser's storage for this page is full, or was while this was written: free disk space, or clear this page's data in the browser's settings, and try again."
      : "Private windows and some settings forbid storage: use a normal window and try again.";
  return new EngineError("storage", `${what} failed (${name}). ${remedy} Nothing on the screen is lost.`, { name });
};

/** The folder of a path below `root` (the private file system where it is left out), and the file's name in it. */
export async function directoryOf(
  path: string,
  create: boolean,
  root?: FileSystemDirectoryHandle,
): Promise<{ directory: FileSystemDirectoryHandle; name: string }> {
  const parts = path.split("/");
  const name = parts.pop();
  invariant(name, "bug", `"${path}" names no file`);
  let directory = root ?? (await navigator.storage.getDirectory());
  for (const part of parts) directory = await directory.getDirectoryHandle(part, { create });
  return { directory, name };
}

/** Writes a file piece by piece. It takes its name only when all is written; an error or a cancel leaves what was there before. */
export async function writeFile(
  path: string,
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>,
): Promise<File> {
  try {
    const { directory, name } = await directoryOf(path, true);
    const handle = await directory.getFileHandle(name, { create: true });
    const stream = await handle.createWritable();
    try {
      for await (const chunk of chunks) await stream.write(chunk);
    } catch (error) {
      await stream.abort();
      if ((await handle.getFile()).size === 0) await directory.removeEntry(name);
      throw error;
    }
    await stream.close();
    return await handle.getFile();
  } catch (error) {
    throw error instanceof EngineError ? error : storageError(`Writing ${path}`, error);
  }
}

/** The file, or undefined where there is none or no storage at all. */
export async function readFile(path: string): Promise<File | undefined> {
  try {
    const { directory, name } = await directoryOf(path, false);
    return await (await directory.getFileHandle(name)).getFile();
  } catch {
    return undefined;
  }
}

/** Removes a file or a whole folder; one that is not there is fine. */
export async function remove(path: string): Promise<void> {
  try {
    const { directory, name } = await directoryOf(path, false);
    await directory.removeEntry(name, { recursive: true });
  } catch {
    // It was not there, or storage is off: either way nothing is left to remove.
  }
}
