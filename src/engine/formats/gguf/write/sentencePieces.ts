// BPE with byte fallback for GGUF, as converted from SentencePiece: llama.cpp joins the neighbours whose piece has the best score.
import type { JsonField } from "../../../json/jsonFields.ts";
import { sentencePieceMerges } from "../sentencePiece.ts";
import { mergePair } from "./bytePairs.ts";
import { fieldOf, refuseTokenizer, TOKEN_TYPES, type TokenizerKind } from "./tokenizerKind.ts";

const SPACE = "\u2581";
const BYTE = /^<0x[0-9A-F]{2}>$/;
const ALL_BYTES = 256;
const NO_SECOND_SPACE =
  "llama.cpp puts a space before every text, the tokenizer of the base model only before texts that do not begin with one.";

/** Throws "unsupported" where scores cannot express the merges, or where llama.cpp treats spaces in another way. */
export function sentencePieces(tokenizer: JsonField, vocabulary: ReadonlyMap<string, number>): TokenizerKind {
  const model = tokenizer.get("model");
  const bytes = [...vocabulary].filter(([token]) => BYTE.test(token));
  if (bytes.length < ALL_BYTES)
    throw refuseTokenizer(model.get("vocab"), `${ALL_BYTES} tokens for bytes, <0x00> to <0xFF>`, String(bytes.length));
  const unknown = model.get("unk_token").value;
  const unknownId = typeof unknown === "string" ? vocabulary.get(unknown) : undefined;
  const added = fieldOf(tokenizer, "added_tokens");
  const special = new Set(Array.isArray(added.value) ? added.list().map((one) => one.get("content").text()) : []);
  const { prefixed, notes } = spaces(tokenizer, vocabulary);
  return {
    model: "llama",
    pre: "default",
    types: new Map([
      ...bytes.map(([, id]) => [id, TOKEN_TYPES.byte] as const),
      ...(unknownId === undefined ? [] : [[unknownId, TOKEN_TYPES.unknown] as const]),
    ]),
    scores: scoresOf(model.get("merges"), vocabulary, special),
    entries: [{ key: "tokenizer.ggml.add_space_prefix", type: "bool", value: prefixed }],
    notes,
  };
}

/** Minus the number of merges before the first that makes a piece. Throws unless joining by these scores is what the merges do. */
function scoresOf(
  field: JsonField,
  vocabulary: ReadonlyMap<string, number>,
  special: ReadonlySet<string>,
): Map<number, number> {
  const merges = field
    .list()
    .map(mergePair)
    .filter((pair) => !special.has(pair.join("")));
  const scores = new Map<number, number>();
  let last = "";
  for (const [rank, pair] of merges.entries()) {
    const piece = pair.join("");
    const id =
      vocabulary.get(piece) ?? field.refuse(`merges into tokens of the vocabulary, not ${JSON.stringify(piece)}`);
    if (scores.has(id) && piece !== last)
      throw refuseTokenizer(
        field,
        "all merges into one piece next to each other",
        `${JSON.stringify(piece)} again at ${rank}`,
      );
    if (!scores.has(id)) scores.set(id, -rank);
    last = piece;
  }
  const listed = new Set(merges.map((pair) => pair.join(" ")));
  const score = [...vocabulary.values()].reduce<number[]>((all, id) => ((all[id] = scores.get(id) ?? 0), all), []);
  const possible = sentencePieceMerges(vocabulary, score).filter((pair) => !special.has(pair.join("")));
  const other = possible.find((pair) => !listed.has(pair.join(" ")));
  if (other)
    throw refuseTokenizer(
      field,
      "every pair of pieces that make a piece, because llama.cpp joins them all",
      `none for ${JSON.stringify(other)}`,
    );
  return scores;
}

/** Whether a space is put before a text, which normalizer or pre-tokenizer may do. */
function spaces(tokenizer: JsonField, vocabulary: ReadonlyMap<string, number>): { prefixed: boolean; notes: string[] } {
  const [normalizer, steps] = [tokenizer.get("normalizer"), tokenizer.get("pre_tokenizer")];
  const listed = fieldOf(normalizer, "type").value === "Sequence" ? normalizer.get("normalizers").list() : [normalizer];
  const parts = listed.filter(({ value }) => value !== null && value !== undefined).map(normalizerPart);
  const pre = fieldOf(steps, "type").value;
  const written = parts.join(" ");
  if (pre === "Metaspace" && written === "") {
    const scheme = steps.get("prepend_scheme").value ?? "always";
    const splits = steps.get("split").value !== false;
    if (splits && [...vocabulary.keys()].some((token) => token.lastIndexOf(SPACE) > 0))
      throw refuseTokenizer(steps.get("split"), "false, or no piece with a space after its first character");
    return scheme === "never" ? { prefixed: false, notes: [] } : { prefixed: true, notes: [NO_SECOND_SPACE] };
  }
  // a split at spaces finds none once they are replaced (Gemma)
  const plain =
    pre === undefined || pre === null || (pre === "Split" && fieldOf(steps.get("pattern"), "String").value === " ");
  if (plain && written === "prepend replace") return { prefixed: true, notes: [] };
  if (plain && written === "replace") return { prefixed: false, notes: [] };
  if (!plain) throw refuseTokenizer(steps.get("type"), "none or Metaspace");
  throw refuseTokenizer(
    normalizer,
    `${SPACE} in place of spaces, with or without one before the text`,
    written || "none",
  );
}

function normalizerPart(part: JsonField): string {
  const type = part.get("type").value;
  if (type === "Prepend" && part.get("prepend").value === SPACE) return "prepend";
  const from = type === "Replace" ? fieldOf(part.get("pattern"), "String").value : undefined;
  return from === " " && part.get("content").value === SPACE ? "replace" : JSON.stringify(part.value);
}
