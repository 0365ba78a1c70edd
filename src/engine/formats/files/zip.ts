// One zip (stored, not compressed: weights do not shrink) of output files, streamed; equal files give equal bytes.
import { makeZip, predictLength } from "client-zip";
import { EngineError } from "../../errors.ts";
import { checkedStream, type OutputFile } from "./outputFile.ts";

/** Every entry carries the first moment that a zip can name, in the local time that zip fields are in: a date would change the bytes. */
const ENTRY_DATE = new Date(1980, 0, 1);

/** Names that Windows keeps for devices, whatever their extension. */
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$/i;

/** Longest part of a path that common file systems take, in characters. */
const MAX_PART = 120;

/** The zip as a stream of bytes; nothing is read before it is pulled. Throws "format" for a name that is not safe (see `checkNames`). */
export function zipStream(files: readonly OutputFile[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  checkNames(files.map((file) => file.name));
  const zip: ReadableStream<Uint8Array> = makeZip(
    files.map((file) => ({
      name: file.name,
      input: checkedStream(file),
      size: file.sizeBytes,
      lastModified: ENTRY_DATE,
    })),
  );
  // client-zip allocates plain buffers; its types are from before TypeScript told them from shared ones.
  return zip as ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Exact size of `zipStream(files)` in bytes. */
export function zipSizeBytes(files: readonly OutputFile[]): number {
  return Number(predictLength(files.map((file) => ({ name: file.name, size: file.sizeBytes }))));
}

/**
 * Throws "format" unless every name stays inside the folder it is unpacked into and can be written on any system: relative, parts
 * separated by "/", no "..", no reserved names or characters, no two that differ in case only.
 */
export function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    const fault = name.split("/").map(faultOfPart).find(Boolean);
    if (fault) throw unsafe(name, fault);
    if (seen.has(name.toLowerCase())) throw unsafe(name, "there are two of that name");
    seen.add(name.toLowerCase());
  }
}

/** A name made safe for a folder or file: anything unusual becomes "-". Never empty, and at most about `most` characters. */
export function safeName(wish: string, most = MAX_PART): string {
  const name = wish
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[-.]+|[-.]+$/g, "")
    .slice(0, most)
    .replace(/[-.]+$/, "");
  if (name === "") return "model";
  return RESERVED.test(name) ? `model-${name}` : name;
}

function faultOfPart(part: string): string | undefined {
  if (part === "" || part === "." || part === "..") return "every part of a path needs a name of its own";
  if (part.length > MAX_PART) return `a part is longer than ${MAX_PART} characters`;
  if (/[\\:*?"<>|]/.test(part) || Array.from(part).some((c) => c < " " || c === "\u007f"))
    return "a character is not allowed";
  if (/[. ]$/.test(part)) return "a part ends in a dot or a space";
  if (RESERVED.test(part)) return "the name is reserved by Windows";
  return undefined;
}

function unsafe(name: string, fault: string): EngineError {
  return new EngineError(
    "format",
    `expected a safe file name, got ${JSON.stringify(name)}: ${fault}; rename the file`,
    { name },
  );
}
