// A comparison of two runs as JSON, and packed into a link: the records of both, without masks.
import { EngineError } from "../../errors.ts";
import type { JsonField } from "../../json/jsonFields.ts";
import { base64Of, bytesOf } from "../files/base64.ts";
import { jsonRoot, readVersion } from "../receipt/receiptFields.ts";
import { readRunRecord } from "./readRun.ts";
import { recordJson, type RunRecord } from "./runRecord.ts";

const COMPARISON_FORMAT = "espalier-comparison-1";

/** b: null for the dense model. */
export interface Comparison {
  a: RunRecord;
  b: RunRecord | null;
}

const sidesJson = ({ a, b }: Comparison) => ({ a: recordJson(a), b: b && recordJson(b) });

/** The JSON text of a comparison. besides: what readers show but need not read back, such as differences in words and generated texts. */
export const comparisonJson = (comparison: Comparison, besides: Record<string, unknown>): string =>
  `${JSON.stringify({ format: COMPARISON_FORMAT, ...sidesJson(comparison), ...besides }, null, 1)}\n`;

/** Whether a JSON text says that it is a comparison. */
export const isComparison = (text: string): boolean => text.slice(0, 200).includes(`"${COMPARISON_FORMAT}"`);

/** Reads a comparison. Throws "format" (or "config" for a recipe out of bounds) naming the field. */
export function readComparison(text: string, file: string): Comparison {
  const root = jsonRoot(text, file);
  readVersion(root.get("format"), COMPARISON_FORMAT);
  return readSides(root, file);
}

function readSides(root: JsonField, file: string): Comparison {
  const b = root.get("b").value;
  return { a: readRunRecord(root.get("a").value, file), b: b === null ? null : readRunRecord(b, file) };
}

/** A link with more characters than this is cut by some programs. */
export const LONGEST_LINK = 4000;
/** Limit of what a link unpacks to, characters. */
const MOST_CHARS = 200_000;
const FROM_LINK = "the link";

/** The comparison as letters for a link; null where it does not fit one. */
export async function comparisonLink(comparison: Comparison): Promise<string | null> {
  const json = new Blob([JSON.stringify(sidesJson(comparison))]);
  const packed = new Response(json.stream().pipeThrough(new CompressionStream("deflate-raw")));
  const letters = base64Of(new Uint8Array(await packed.arrayBuffer()))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
  return letters.length > LONGEST_LINK ? null : letters;
}

/** Reads what `comparisonLink` has packed. Throws "format" for letters that it did not, and what `readComparison` throws. */
export async function readComparisonLink(letters: string): Promise<Comparison> {
  const base64 = letters.replaceAll("-", "+").replaceAll("_", "/");
  const bytes = letters.length > LONGEST_LINK ? null : bytesOf(base64.padEnd(4 * Math.ceil(base64.length / 4), "="));
  const broken = (): EngineError =>
    new EngineError("format", "comparison: expected a link as Espalier copies it, got another. Copy the whole link.");
  if (!bytes) throw broken();
  const text = await unpacked(bytes).catch(() => null);
  if (text === null) throw broken();
  return readSides(jsonRoot(text, FROM_LINK), FROM_LINK);
}

/** Stops at `MOST_CHARS`: a short link can unpack to gigabytes. Throws for what is not packed. */
async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  let text = "";
  for (const reader = stream.pipeThrough(new TextDecoderStream()).getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += value;
    if (text.length <= MOST_CHARS) continue;
    await reader.cancel();
    throw new EngineError("limit", "too long");
  }
}
