// Pre-tokenizers: how text is split into words before byte-level BPE, by llama.cpp's names for them (tokenizer.ggml.pre).
import {
  GPT2_WORDS_BEGUN,
  LLAMA3_WORDS,
  NUMBER_RUN,
  PUNCTUATION_RUN,
  QWEN2_WORDS,
  THREE_DIGITS,
} from "../../tokenizer/publishedPatterns.ts";
import type { MetadataFields } from "./config.ts";
import type { Json, TokenizerParts } from "./tokenizerParts.ts";

/** The step that maps bytes to characters; `cut`: whether it also splits words with GPT-2's pattern. */
const bytes = (cut: boolean): Json => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: cut,
});
const split = (pattern: string): Json => {
  return { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false };
};
const inSequence = (...steps: Json[]): Json => ({ type: "Sequence", pretokenizers: steps });

interface Kind extends Pick<TokenizerParts, "normalizer" | "preTokenizer" | "begins"> {
  /** Whether a word that is a token is used as such, without merging. */
  ignoresMerges: boolean;
}

const kind = (preTokenizer: Json, more: Partial<Kind> = {}): Kind => {
  return { normalizer: null, preTokenizer, begins: false, ignoresMerges: false, ...more };
};

const PLAIN = kind(bytes(true));
const DIGITS = kind(inSequence({ type: "Digits", individual_digits: true }, bytes(true)));
const LLAMA = kind(inSequence(split(LLAMA3_WORDS), bytes(false)), { begins: true, ignoresMerges: true });
const DBRX = kind(inSequence(split(LLAMA3_WORDS), bytes(false)));
const QWEN = kind(inSequence(split(QWEN2_WORDS), bytes(false)), { normalizer: { type: "NFC" } });
/** What llama.cpp does with files that do not name a pre-tokenizer: these steps in sequence. */
const DEFAULT = kind(
  inSequence(split(PUNCTUATION_RUN), split(GPT2_WORDS_BEGUN), split(NUMBER_RUN), split(THREE_DIGITS), bytes(false)),
);

const KINDS: Readonly<Record<string, Kind>> = {
  ...{ "gpt-2": PLAIN, "phi-2": PLAIN, olmo: PLAIN },
  ...{ smollm: DIGITS, starcoder: DIGITS, refact: DIGITS, codeshell: DIGITS },
  ...{ "llama-bpe": LLAMA, llama3: LLAMA, "llama-v3": LLAMA, dbrx: DBRX, "smaug-bpe": DBRX },
  ...{ qwen2: QWEN, "deepseek-r1-qwen": QWEN, default: DEFAULT },
};

/** The pre-tokenizer that the file names. Throws "unsupported" for an unknown one, with the known ones. */
export function preTokenizer(fields: MetadataFields): Kind {
  const key = "tokenizer.ggml.pre";
  const name = fields.text(key) ?? "default";
  const found = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (!found) throw fields.unsupported(key, `one of ${Object.keys(KINDS).join(", ")}`);
  return found;
}

/** The steps of a pre-tokenizer as one text that is equal for equal splits; GPT-2's split is a step of its own. */
function stepsOf(preTokenizer: Json | null): string {
  const { type, pretokenizers } = preTokenizer ?? {};
  if (type === "Sequence" && Array.isArray(pretokenizers)) return (pretokenizers as Json[]).map(stepsOf).join(" ");
  if (type === "ByteLevel") {
    const { add_prefix_space: prefix = true, use_regex: cut = true } = preTokenizer ?? {};
    return `${cut === true ? `${stepsOf(split(GPT2_WORDS_BEGUN))} ` : ""}bytes${prefix === true ? " after a space" : ""}`;
  }
  if (type === "Split") {
    const { pattern, behavior = "Isolated", invert = false } = preTokenizer ?? {};
    // these patterns match all of a text, so that removing what is between matches is isolating them
    const isolated = (behavior === "Removed" && invert === true) || (behavior === "Isolated" && invert === false);
    return isolated ? `split ${JSON.stringify(pattern)}` : JSON.stringify(preTokenizer);
  }
  if (type === "Digits") return `digits ${preTokenizer?.["individual_digits"] === true ? "one by one" : "together"}`;
  return JSON.stringify(preTokenizer);
}

/** Names that exports write, each for its own steps. */
const WRITTEN = ["gpt-2", "smollm", "llama-bpe", "dbrx", "qwen2"];

/** The pre-tokenizers of `writtenPreTokenizer`, for messages. */
export const WRITTEN_PRE_TOKENIZERS = WRITTEN.join(", ");

/** llama.cpp's name for a pre-tokenizer of tokenizer.json; undefined if it has none. ignoresMerges: whether a word that is a token is used as such. */
export function writtenPreTokenizer(preTokenizer: Json | null, ignoresMerges: boolean): string | undefined {
  const steps = stepsOf(preTokenizer);
  return WRITTEN.find((name) => {
    const known = KINDS[name];
    return known?.ignoresMerges === ignoresMerges && stepsOf(known.preTokenizer) === steps;
  });
}
