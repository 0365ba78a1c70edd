// How text is cut into words before byte-level BPE, by the name that llama.cpp gives to each way (tokenizer.ggml.pre).
import type { MetadataFields } from "./config.ts";
import type { Json, TokenizerParts } from "./tokenizerParts.ts";

/** Patterns of the published tokenizers. */
const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";
const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
const rest = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const LLAMA3 = `${contractions}\\p{N}{1,3}${rest}`;
const QWEN2 = `${contractions}\\p{N}${rest}`;

const bytes = (cut: boolean): Json => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: cut,
});
const split = (pattern: string): Json => {
  return { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false };
};
const inTurn = (...steps: Json[]): Json => ({ type: "Sequence", pretokenizers: steps });

interface Kind extends Pick<TokenizerParts, "normalizer" | "preTokenizer" | "begins"> {
  /** Words that are tokens are taken whole, whatever the merges would make of them. */
  ignoresMerges: boolean;
}

const kind = (preTokenizer: Json, more: Partial<Kind> = {}): Kind => {
  return { normalizer: null, preTokenizer, begins: false, ignoresMerges: false, ...more };
};

const PLAIN = kind(bytes(true));
const DIGITS = kind(inTurn({ type: "Digits", individual_digits: true }, bytes(true)));
const LLAMA = kind(inTurn(split(LLAMA3), bytes(false)), { begins: true, ignoresMerges: true });
const QWEN = kind(inTurn(split(QWEN2), bytes(false)), { normalizer: { type: "NFC" } });
/** What llama.cpp does with files that do not say; one step after the other. */
const DEFAULT = kind(
  inTurn(split("[\\p{P}\\$\\+<=>\\^~\\|]+"), split(GPT2), split("\\p{N}+"), split("[0-9][0-9][0-9]"), bytes(false)),
);

const KINDS: Readonly<Record<string, Kind>> = {
  ...{ "gpt-2": PLAIN, "phi-2": PLAIN, olmo: PLAIN },
  ...{ smollm: DIGITS, starcoder: DIGITS, refact: DIGITS, codeshell: DIGITS },
  ...{ "llama-bpe": LLAMA, llama3: LLAMA, "llama-v3": LLAMA, qwen2: QWEN, "deepseek-r1-qwen": QWEN, default: DEFAULT },
};

/** Throws "unsupported" for a way of cutting that is not known, with those that are. */
export function preTokenizer(fields: MetadataFields): Kind {
  const key = "tokenizer.ggml.pre";
  const name = fields.text(key) ?? "default";
  return KINDS[name] ?? fields.unsupported(key, Object.keys(KINDS).join(", "));
}
