// Reads a text file that the user picked.
import { decodeText, EngineError } from "../../engine/index.ts";

/** The text of a file. Throws "format" with the position of the first byte that is not text, "storage" where the file cannot be read. */
export async function readTextFile(file: File): Promise<string> {
  let bytes: ArrayBuffer;
  try {
    bytes = await file.arrayBuffer();
  } catch (error) {
    const reason = error instanceof Error ? error.name : "unknown";
    throw new EngineError(
      "storage",
      `${file.name} could not be read (${reason}): it may have been moved, deleted or changed. Choose it again.`,
      { reason },
    );
  }
  return decodeText(file.name, new Uint8Array(bytes));
}
