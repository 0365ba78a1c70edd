// Streams output files as one zip, stored without compression because weights do not shrink. Equal files give equal bytes.
import { makeZip, predictLength } from "client-zip";
import { EngineError } from "../../errors.ts";
import { checkedStream, type OutputFile } from "./outputFile.ts";

/** Date of every entry: the earliest that zip allows (zip stores local time). The real date would change the bytes. */
const ENTRY_DATE = new Date(1980, 0, 1);

/** Names that Windows reserves for devices, with any extension. */
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$/i;

/** Longest part of a path in characters; common file systems accept it. */
const MAX_PART = 120;

/** The zip as a stream of bytes; files are read only as it is pulled. Throws "format" for an unsafe name (see `checkNames`). */
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
  // client-zip allocates plain buffers; its types predate TypeScript's distinction between plain and shared ones.
  return zip as ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Exact size of `zipStream(files)` in bytes. */
export function zipSizeBytes(files: readonly OutputFile[]): number {
  return Number(predictLength(files.map((file) => ({ name: file.name, size: file.sizeBytes }))));
}

/**
 * Throws "format" unless every name stays inside the folder it is unpacked into and can be written on every system: relative, parts
 * separated by "/", no "..", no reserved names or characters, no two names that differ only in case.
 */
export function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    const fault = name.split("/").map(faultOfPart).find(Boolean);
    if (fault) throw unsafe(name, fault);
    if (seen.has(name.toLowerCase())) throw unsafe(name, "two files have this name");
    seen.add(name.toLowerCase());
  }
}

/** `wish` made safe as a name of a folder or file: unusual characters become "-". Never empty; at most about `most` characters. */
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
    `file name: expected a safe file name, got ${JSON.stringify(name)} (${fault}). Rename the file.`,
    { name },
  );
}
