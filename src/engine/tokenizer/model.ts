// What a model of tokenizer.json is to the rest: words to ids.

export interface TokenModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Tokens of its file: more than the vocabulary has where a text is listed twice. Added tokens are numbered from here on. */
  readonly size: number;
  /** Ids of one word. */
  encode(word: string): readonly number[];
  /** Cuts a word where its parts encode as they do inside it, so that a text without words can be encoded, and remembered, part by part. */
  cut?: (word: string) => Iterable<string>;
}
