// Pre-tokenizers: how text is split into words before byte-level BPE, by llama.cpp's names for them (tokenizer.ggml.pre).
import {
  BAILING_WORDS,
  BLOOM_WORDS,
  CL100K_WORDS,
  DEEPSEEK_CODER_STEPS,
  DEEPSEEK_V3_STEPS,
  GPT2_WORDS,
  GPT2_WORDS_BEGUN,
  LLAMA3_WORDS,
  NUMBER_RUN,
  O200K_WORDS,
  PUNCTUATION_RUN,
  QWEN2_WORDS,
  SEED_CODER_WORDS,
  TEKKEN_WORDS,
  THREE_DIGITS,
  withEscapes,
} from "../../tokenizer/publishedPatterns.ts";
import type { MetadataFields } from "./metadataFields.ts";
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
const EACH_DIGIT: Json = { type: "Digits", individual_digits: true };
const DIGITS = kind(inSequence(EACH_DIGIT, bytes(true)));
const LLAMA = kind(inSequence(split(LLAMA3_WORDS), bytes(false)), { begins: true, ignoresMerges: true });
const DBRX = kind(inSequence(split(LLAMA3_WORDS), bytes(false)));
const QWEN = kind(inSequence(split(QWEN2_WORDS), bytes(false)), { normalizer: { type: "NFC" } });
const DEEPSEEK_V3 = kind(inSequence(...DEEPSEEK_V3_STEPS.map(split), bytes(false)));
const BLOOM = kind(inSequence(split(BLOOM_WORDS), bytes(false)));
const VIKING = kind(inSequence(split(BLOOM_WORDS), EACH_DIGIT, bytes(false)));
const SEED_CODER = kind(inSequence(split(SEED_CODER_WORDS), bytes(false)));
/** These are read as their models' tokenizer.json has them; llama.cpp splits some texts in other places (`SPLIT_OTHERWISE`). */
const TEKKEN = kind(inSequence(split(TEKKEN_WORDS), bytes(false)), { begins: true, ignoresMerges: true });
const O200K = kind(inSequence(split(O200K_WORDS), bytes(false)));
const DEEPSEEK_CODER = kind(inSequence(...DEEPSEEK_CODER_STEPS.map(split), EACH_DIGIT, bytes(false)));
/** What llama.cpp does with files that do not name a pre-tokenizer: these steps in sequence. */
const DEFAULT = kind(
  inSequence(split(PUNCTUATION_RUN), split(GPT2_WORDS_BEGUN), split(NUMBER_RUN), split(THREE_DIGITS), bytes(false)),
);

const KINDS: Readonly<Record<string, Kind>> = {
  ...{ "gpt-2": PLAIN, "phi-2": PLAIN, olmo: PLAIN, jais: PLAIN },
  ...{ smollm: DIGITS, starcoder: DIGITS, refact: DIGITS, codeshell: DIGITS },
  ...{ "llama-bpe": LLAMA, llama3: LLAMA, "llama-v3": LLAMA, falcon3: LLAMA, pixtral: LLAMA },
  ...{ dbrx: DBRX, "smaug-bpe": DBRX },
  ...{ qwen2: QWEN, "deepseek-r1-qwen": QWEN, "deepseek-v3": DEEPSEEK_V3, "seed-coder": SEED_CODER },
  ...{ bloom: BLOOM, "poro-chat": BLOOM, viking: VIKING },
  ...{ tekken: TEKKEN, "gpt-4o": O200K, "deepseek-coder": DEEPSEEK_CODER, default: DEFAULT },
};

/** The pre-tokenizer that the file names. Throws "unsupported" for an unknown one, with the known ones. */
export function preTokenizer(fields: MetadataFields): Kind {
  const key = "tokenizer.ggml.pre";
  const name = fields.text(key) ?? "default";
  const found = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (!found) throw fields.unsupported(key, `one of ${Object.keys(KINDS).join(", ")}`);
  return found;
}

const AFTER_SPACE = " after a space";

/** Patterns that split as another one does. Without GPT-2's last alternative the end of a run of spaces is a piece all the same. */
const EQUAL_PATTERNS: ReadonlyMap<string, string> = new Map([
  [GPT2_WORDS, GPT2_WORDS_BEGUN],
  [CL100K_WORDS, LLAMA3_WORDS],
  [BAILING_WORDS, QWEN2_WORDS],
]);

/** One text for patterns that split equally. */
function regexSteps(regex: string): string {
  const escaped = withEscapes(regex);
  return EQUAL_PATTERNS.get(escaped) ?? escaped;
}

/** The steps of a pre-tokenizer as one text that is equal for equal splits; GPT-2's split is a step of its own. */
function stepsOf(preTokenizer: Json | null): string {
  const { type, pretokenizers } = preTokenizer ?? {};
  if (type === "Sequence" && Array.isArray(pretokenizers)) return (pretokenizers as Json[]).map(stepsOf).join(" ");
  if (type === "ByteLevel") {
    const { add_prefix_space: prefix = true, use_regex: cut = true } = preTokenizer ?? {};
    return `${cut === true ? `${stepsOf(split(GPT2_WORDS_BEGUN))} ` : ""}bytes${prefix === true ? AFTER_SPACE : ""}`;
  }
  if (type === "Split") {
    const { pattern, behavior = "Isolated", invert = false } = preTokenizer ?? {};
    const regex = (pattern as Json | undefined)?.["Regex"];
    const same = typeof regex === "string" ? { Regex: regexSteps(regex) } : pattern;
    // these patterns match all of a text, so that removing what is between matches is isolating them
    const isolated = (behavior === "Removed" && invert === true) || (behavior === "Isolated" && invert === false);
    return isolated ? `split ${JSON.stringify(same)}` : JSON.stringify(preTokenizer);
  }
  if (type === "Digits") return `digits ${preTokenizer?.["individual_digits"] === true ? "one by one" : "together"}`;
  return JSON.stringify(preTokenizer);
}

/**
 * Names that exports write, each for its own steps. llama.cpp has more names for the same steps: phi-2, olmo and jais split as gpt-2 does,
 * starcoder, refact, codeshell and command-r as smollm, stablelm2 as qwen2.
 */
const WRITTEN = [
  "gpt-2",
  "smollm",
  "llama-bpe",
  "dbrx",
  "qwen2",
  "deepseek-v3",
  "seed-coder",
  "bailingmoe",
  "bloom",
  "viking",
];

/** The pre-tokenizers of `writtenPreTokenizer`, for messages. */
export const WRITTEN_PRE_TOKENIZERS = WRITTEN.join(", ");

const CASES =
  "llama.cpp's has no combining marks in words and knows only A to Z as capitals, so it splits decomposed accents, and words such as éÉ, in other places";
const UNICODE_SPACES =
  "llama.cpp's does not count Unicode spaces such as U+3000 among CJK characters, so it splits texts with them in other places";
/** llama.cpp's names for steps that it does not follow, with the difference: seen in llama.cpp on random texts. */
const SPLIT_OTHERWISE: readonly { name: string; is: (steps: string) => boolean; reason: string }[] = [
  { name: "tekken", is: (steps) => steps === stepsOf(TEKKEN.preTokenizer), reason: CASES },
  { name: "gpt-4o", is: (steps) => steps === stepsOf(O200K.preTokenizer), reason: CASES },
  { name: "deepseek-coder", is: (steps) => steps === stepsOf(DEEPSEEK_CODER.preTokenizer), reason: UNICODE_SPACES },
  {
    name: "deepseek-llm",
    is: (steps) => steps.includes("A-Za-zµÀ-ÖØ-öø-ƺ") && steps.includes("ࠀ-一"),
    reason: `${UNICODE_SPACES}, and it does not split digits`,
  },
  {
    name: "falcon",
    is: (steps) => /^\{"type":"Punctuation".*bytes digits together split/.test(steps),
    reason:
      "llama.cpp's looks for digits in texts, the tokenizer of the base model in bytes, where it finds some within letters",
  },
];

/**
 * llama.cpp's name for a pre-tokenizer of tokenizer.json, or why there is none that splits equally. ignoresMerges: whether a word that is a
 * token is used as such.
 */
export function writtenPreTokenizer(
  preTokenizer: Json | null,
  ignoresMerges: boolean,
): { name: string } | { reason: string } {
  const steps = stepsOf(preTokenizer);
  const found = WRITTEN.filter((name) => stepsOf(KINDS[name]?.preTokenizer ?? null) === steps);
  const name = found.find((one) => KINDS[one]?.ignoresMerges === ignoresMerges);
  if (name !== undefined) return { name };
  if (found.length > 0)
    return {
      reason: `llama.cpp's ${found.join(", ")} ${ignoresMerges ? "always merges" : "ignores merges of words that are tokens"}`,
    };
  if (steps.includes(AFTER_SPACE)) return { reason: "llama.cpp puts no space before texts that are split into bytes" };
  const other = SPLIT_OTHERWISE.find(({ is }) => is(steps));
  return { reason: other ? `this is ${other.name}, and ${other.reason}` : "llama.cpp knows no such split" };
}
