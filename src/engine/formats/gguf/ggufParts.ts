// A GGUF model in one file, or in parts as llama-gguf-split writes them: which files belong together, and their header as one.
import { showValue } from "../../errors.ts";
import { type ByteSource, checkRange, type Folder } from "../files/folder.ts";
import { readError } from "../files/readError.ts";
import { type GgufHeader, type GgufTensor, readGgufHeader } from "./header.ts";

const PART = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i;
const PARTS_ADVICE = "Take all parts from the same model, or join them with llama-gguf-split --merge.";

/** What the name of a part says; `number` counts from 1. */
export function partOf(name: string): { stem: string; number: number; count: number } | undefined {
  const [, stem, number, count] = PART.exec(name) ?? [];
  return stem === undefined ? undefined : { stem, number: Number(number), count: Number(count) };
}

/** The names of all parts of the model that `name` is a part of; `name` alone where it is not a part. */
export function partNames(name: string): string[] {
  const part = partOf(name);
  if (!part) return [name];
  const digits = (n: number): string => String(n).padStart(5, "0");
  const ending = name.slice(-".gguf".length);
  return Array.from(
    { length: part.count },
    (_, i) => `${part.stem}-${digits(i + 1)}-of-${digits(part.count)}${ending}`,
  );
}

/** The models among GGUF files: each a list with the names of its parts that are there, in order. */
export function ggufModels(names: readonly string[]): string[][] {
  const models = new Map<string, string[]>();
  for (const name of [...names].sort()) {
    const key = partNames(name)[0] ?? name;
    models.set(key, [...(models.get(key) ?? []), name]);
  }
  return [...models.values()];
}

/** The parts of the model that `name` belongs to. Throws "format" with the names of parts that are missing. */
export async function openParts(folder: Folder, name: string): Promise<ByteSource[]> {
  const names = partNames(name);
  const present = new Set(folder.list());
  const missing = names.filter((one) => !present.has(one));
  if (missing.length > 0 || names.length === 0)
    throw readError({
      file: name,
      expected: `all ${names.length} parts of the model beside each other`,
      got: `${names.length - missing.length} (missing: ${missing.join(", ")})`,
      advice: "Add the missing parts and open the folder, or open all parts together.",
      detail: { missing },
    });
  return Promise.all(names.map((one) => folder.open(one)));
}

/** A model's bytes as one file, and its header with positions in it. */
export interface GgufModelFile {
  source: ByteSource;
  header: GgufHeader;
}

/**
 * Reads the header of a file, or of all parts as one. Throws what `readGgufHeader` throws, and "format" where the parts' own numbers
 * (split.no, split.count, split.tensors.count) or tensors do not make one model.
 */
export async function readParts(parts: readonly ByteSource[]): Promise<GgufModelFile> {
  const headers: GgufHeader[] = [];
  for (const part of parts) headers.push(await readGgufHeader(part));
  const [source, header] = [parts[0]!, headers[0]!];
  parts.forEach((part, i) => checkPart(part.name, headers[i]!, i, parts.length));
  if (parts.length === 1) return { source, header };
  const tensors = new Map<string, GgufTensor>();
  const starts: number[] = [];
  let start = 0;
  for (const [i, part] of parts.entries()) {
    starts.push(start);
    for (const tensor of headers[i]!.tensors.values()) {
      if (tensors.has(tensor.name)) throw fault(part.name, `tensor '${tensor.name}'`, "it in one part", "it in two");
      tensors.set(tensor.name, { ...tensor, begin: tensor.begin + start, end: tensor.end + start });
    }
    start += part.size;
  }
  const stated = header.metadata.get("split.tensors.count");
  if (stated !== undefined && stated !== tensors.size)
    throw fault(source.name, "split.tensors.count", `${tensors.size}, the tensors of all parts`, stated);
  return { source: joined(parts, starts, start), header: { ...header, tensors } };
}

/** Compares what a part says of itself with its place. */
function checkPart(file: string, { metadata }: GgufHeader, index: number, count: number): void {
  const [number, of] = [metadata.get("split.no"), metadata.get("split.count")];
  if (count === 1 && (of === undefined || of === 1)) return;
  if (count === 1)
    throw readError({
      file,
      field: "split.count",
      expected: "1, or a name such as name-00001-of-00003.gguf and the other parts beside it",
      got: String(of),
      advice: PARTS_ADVICE,
      code: "unsupported",
    });
  if (of !== count) throw fault(file, "split.count", `${count}, as in its name`, of);
  if (number !== index) throw fault(file, "split.no", `${index}, as in its name (which counts from 1)`, number);
}

function fault(file: string, field: string, expected: string, got: unknown): Error {
  return readError({ file, field, expected, got: showValue(got), advice: PARTS_ADVICE });
}

/** Parts one after the other. No tensor crosses from one to the next, but a read may. */
function joined(parts: readonly ByteSource[], starts: readonly number[], size: number): ByteSource {
  const file: ByteSource = {
    name: parts[0]!.name,
    size,
    read: async (offset, length) => {
      checkRange(file, offset, length);
      const out = new Uint8Array(length);
      for (const [i, part] of parts.entries()) {
        const from = Math.max(offset, starts[i]!);
        const to = Math.min(offset + length, starts[i]! + part.size);
        if (from < to) out.set(await part.read(from - starts[i]!, to - from), from - offset);
      }
      return out;
    },
  };
  return file;
}
