// What a normaliser of tokenizer.json is: a function from text to text.

/** Calls `onMoved` if it removed the start of the text: pre-tokenizers that treat a first word differently depend on it. */
export type Normalizer = (text: string, onMoved?: () => void) => string;
