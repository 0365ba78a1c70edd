// Byte-level BPE for GGUF: merges, and the name of the pre-tokenizer, which llama.cpp has as code and not as a pattern in the file.
import type { JsonField } from "../../../json/jsonFields.ts";
import { bytesOfCharacters } from "../../../tokenizer/byteLevel.ts";
import { WRITTEN_PRE_TOKENIZERS, writtenPreTokenizer } from "../preTokenizers.ts";
import type { Json } from "../tokenizerParts.ts";
import { fieldOf, refuseTokenizer, type TokenizerKind } from "./tokenizerKind.ts";

const ALL_BYTES = 256;
const NOT_NORMALISED =
  "llama.cpp does not normalise texts to NFC, as the tokenizer of the base model does: a text with decomposed accents gets other tokens.";

/** Throws "unsupported" for a pre-tokenizer or normalizer that llama.cpp does not have. */
export function bytePairs(tokenizer: JsonField, vocabulary: ReadonlyMap<string, number>): TokenizerKind {
  const model = tokenizer.get("model");
  const ignoresMerges = model.get("ignore_merges").value === true;
  const steps = tokenizer.get("pre_tokenizer");
  const pre = writtenPreTokenizer((steps.value ?? null) as Json | null, ignoresMerges);
  if ("reason" in pre)
    throw refuseTokenizer(
      steps,
      `a split of llama.cpp (${WRITTEN_PRE_TOKENIZERS})`,
      `${shown(steps.value)}: ${pre.reason}`,
    );
  const normalizer = tokenizer.get("normalizer");
  const form = fieldOf(normalizer, "type").value;
  if (form !== undefined && form !== null && form !== "NFC")
    throw refuseTokenizer(normalizer, "none or NFC", shown(normalizer.value));
  const unknown = model.get("unk_token");
  const bytes = new Set(
    [...vocabulary.keys()].map(bytesOfCharacters).map((list) => (list?.length === 1 ? list[0] : undefined)),
  );
  bytes.delete(undefined);
  if (typeof unknown.value === "string" && bytes.size < ALL_BYTES)
    throw refuseTokenizer(unknown, `none, or a token for each of the ${ALL_BYTES} bytes`);
  return {
    model: "gpt2",
    pre: pre.name,
    types: new Map(),
    merges: model.get("merges").list().map(mergeText),
    entries: [],
    notes: form === "NFC" ? [NOT_NORMALISED] : [],
  };
}

/** Both spellings of a merge: "a b" and ["a", "b"]. */
export function mergePair(merge: JsonField): [string, string] {
  const { value } = merge;
  const parts: unknown[] = Array.isArray(value) ? value : typeof value === "string" ? value.split(" ") : [];
  const [left, right] = parts;
  if (parts.length === 2 && typeof left === "string" && typeof right === "string") return [left, right];
  return merge.refuse("two tokens");
}

function mergeText(merge: JsonField): string {
  const [left, right] = mergePair(merge);
  if (!left.includes(" ") && !right.includes(" ")) return `${left} ${right}`;
  throw refuseTokenizer(merge, "tokens without spaces");
}

/** JSON, short enough for a message. */
function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? "nothing";
  return json.length > 300 ? `${json.slice(0, 300)}…` : json;
}
