// The patterns of published tokenizers, which cut a text into words, as tokenizer.json has them (Oniguruma's syntax).

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const LETTERS = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
const REST = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const SYMBOLS = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
const [UPPER, LOWER] = ["[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"];

/** GPT-2's without the last alternative, as llama.cpp has it. */
export const GPT2_WORDS_BEGUN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";
/** Llama 3, and OpenAI's cl100k. */
export const LLAMA3_WORDS = `${CONTRACTIONS}|${LETTERS}|\\p{N}{1,3}|${SYMBOLS}|${REST}`;
export const QWEN2_WORDS = `${CONTRACTIONS}|${LETTERS}|\\p{N}|${SYMBOLS}|${REST}`;
/** OpenAI's o200k. */
const O200K_WORDS = [
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${CONTRACTIONS}?`,
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${CONTRACTIONS}?`,
  `\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${REST}`,
].join("|");
export const PUNCTUATION_RUN = "[\\p{P}\\$\\+<=>\\^~\\|]+";
export const NUMBER_RUN = "\\p{N}+";
export const THREE_DIGITS = "[0-9][0-9][0-9]";

/** Their searches take steps in proportion to the text, so JavaScript's own search is safe with them. */
const PUBLISHED: ReadonlySet<string> = new Set([
  ...[GPT2_WORDS_BEGUN, `${GPT2_WORDS_BEGUN}|\\s+`, LLAMA3_WORDS, QWEN2_WORDS, O200K_WORDS],
  ...[PUNCTUATION_RUN, NUMBER_RUN, THREE_DIGITS, "\\p{N}", "\\p{N}{1,3}", "\\s", "\\s+", " {2,}"],
]);

/** Whether a pattern is one of a published tokenizer. */
export const isPublished = (pattern: string): boolean => PUBLISHED.has(pattern);
