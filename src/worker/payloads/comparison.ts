// Two runs side by side: losses by token, texts, and likely tokens.
import type { LikelyToken } from "../../engine/index.ts";

/** Loss of every token of the evaluation text under two runs, in nats. */
export interface TokenLosses {
  text: string;
  context: number;
  /** The tokens as text; the first of each window has loss NaN. */
  tokens: readonly string[];
  first: Float32Array;
  second: Float32Array;
}

export interface WrittenToken {
  id: number;
  text: string;
}

/** What two runs write from one prompt; a missing run stands for the dense model. */
export interface PairTexts {
  /** Ids of the prompt. */
  prompt: readonly number[];
  first: readonly WrittenToken[];
  second: readonly WrittenToken[];
}

/** A token that a model finds likely at one place of a text. probability: from 0 to 1, at temperature 1. */
export type LikelyNext = WrittenToken & Pick<LikelyToken, "probability">;

/** The likeliest tokens at one place of a text, likeliest first. */
export interface NextTokens {
  first: readonly LikelyNext[];
  second: readonly LikelyNext[];
  dense: readonly LikelyNext[];
}
