// The patterns of published tokenizers, which cut a text into words, as tokenizer.json has them (Oniguruma's syntax).

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const LETTERS = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
const REST = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const SYMBOLS = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
const [UPPER, LOWER] = ["[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"];

/** GPT-2's without the last alternative, as llama.cpp has it. */
export const GPT2_WORDS_BEGUN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";
export const GPT2_WORDS = `${GPT2_WORDS_BEGUN}|\\s+`;
/** Llama 3's. */
export const LLAMA3_WORDS = `${CONTRACTIONS}|${LETTERS}|\\p{N}{1,3}|${SYMBOLS}|${REST}`;
export const QWEN2_WORDS = `${CONTRACTIONS}|${LETTERS}|\\p{N}|${SYMBOLS}|${REST}`;
const casedWords = (after: string, digits: string): string =>
  [
    `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${after}`,
    `[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${after}`,
    `${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${REST}`,
  ].join("|");
/** OpenAI's o200k. */
export const O200K_WORDS = casedWords(`${CONTRACTIONS}?`, "\\p{N}{1,3}");
/** Mistral Nemo's. */
export const TEKKEN_WORDS = casedWords("", "\\p{N}");
/** Seed-Coder's. */
export const SEED_CODER_WORDS = `${CONTRACTIONS}|${LETTERS}|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|${REST}`;
const possessive = (digits: string): string =>
  `'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+`;
/** OpenAI's cl100k as tiktoken writes it, which splits as LLAMA3_WORDS does. */
export const CL100K_WORDS = possessive("\\p{N}{1,3}");
/** Ling's, which splits as QWEN2_WORDS does. */
export const BAILING_WORDS = possessive("\\p{N}");
/** BLOOM's. */
export const BLOOM_WORDS = " ?[^(\\s|[.,!?…。，、।۔،])]+";
/** DeepSeek V3's, in sequence. */
export const DEEPSEEK_V3_STEPS = [
  "\\p{N}{1,3}",
  "[一-龥぀-ゟ゠-ヿ]+",
  `[!"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_\`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|${REST}`,
];
/** Runs of CJK characters in DeepSeek's first tokenizers, with all that is between the ranges' ends, such as U+3000. */
const DEEPSEEK_CJK = "[一-龥ࠀ-一가-퟿]+";
/** DeepSeek Coder's before its digits, in sequence. */
export const DEEPSEEK_CODER_STEPS = ["[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", DEEPSEEK_CJK];
export const PUNCTUATION_RUN = "[\\p{P}\\$\\+<=>\\^~\\|]+";
export const NUMBER_RUN = "\\p{N}+";
export const THREE_DIGITS = "[0-9][0-9][0-9]";

/** Their searches take steps in proportion to the text, so JavaScript's own search is safe with them. */
const PUBLISHED: ReadonlySet<string> = new Set([
  ...[GPT2_WORDS_BEGUN, GPT2_WORDS, LLAMA3_WORDS, QWEN2_WORDS, O200K_WORDS, TEKKEN_WORDS, SEED_CODER_WORDS],
  CL100K_WORDS,
  BAILING_WORDS,
  BLOOM_WORDS,
  ...DEEPSEEK_V3_STEPS,
  ...DEEPSEEK_CODER_STEPS,
  ...[PUNCTUATION_RUN, NUMBER_RUN, THREE_DIGITS, "\\p{N}", "\\p{N}{1,3}", "\\s", "\\s+", " {2,}"],
]);

/** The pattern with line breaks as escapes: some tokenizers have the characters. */
export const withEscapes = (pattern: string): string => pattern.replaceAll("\r", "\\r").replaceAll("\n", "\\n");

/** Whether a pattern is one of a published tokenizer. */
export const isPublished = (pattern: string): boolean => PUBLISHED.has(withEscapes(pattern));
