// Splits text into the words that byte-level BPE encodes, before their bytes are mapped to letters.
import {
  ByteLevelPreTokenizer,
  DigitsPreTokenizer,
  NFCNormalizer,
  type PreTokenizer,
  SequencePreTokenizer,
  SplitPreTokenizer,
  type Tokenizer as Library,
} from "@huggingface/tokenizers";

/**
 * A function that splits a text into words, for pre-tokenizers that end in the byte-level one and only split before it (GPT-2, SmolLM, Llama 3,
 * Qwen). Splitting a word again does not change it, so a caller may encode words one by one. Undefined for all others.
 */
export function wordCutter({
  pre_tokenizer: whole,
  normalizer,
}: Library): ((text: string) => Iterable<string>) | undefined {
  if (normalizer && !(normalizer instanceof NFCNormalizer)) return undefined;
  const steps: (PreTokenizer | null)[] = whole instanceof SequencePreTokenizer ? whole.tokenizers : [whole];
  const last = steps.at(-1);
  if (!(last instanceof ByteLevelPreTokenizer) || last.add_prefix_space) return undefined;
  const cuts = steps.slice(0, -1).filter((step) => step !== null);
  if (!cuts.every((step) => step instanceof DigitsPreTokenizer || step instanceof SplitPreTokenizer)) return undefined;
  return (text) => {
    const normal = normalizer ? text.normalize("NFC") : text;
    const parts = cuts.reduce<string[]>((pieces, step) => step.pre_tokenize(pieces), [normal]);
    return last.use_regex ? matches(parts, last.pattern) : parts;
  };
}

function* matches(parts: readonly string[], pattern: RegExp): Generator<string> {
  for (const part of parts) for (const [word] of part.matchAll(pattern)) yield word;
}
