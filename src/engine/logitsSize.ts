// How many rows of logits are held at once, so that a long vocabulary does not need tokens x vocabulary numbers.
import { invariant } from "./errors.ts";

/** Logits in f32 that a loss holds at once, in bytes: Ctx.logitsBytes starts with it. A row of 49,152 tokens has 192 KiB, so this is 341 rows. */
export const LOGITS_BYTES = 64 * 1024 * 1024;

const LOGIT_BYTES = 4;
/** A view starts on a multiple of as many f32 values (256 bytes). */
const VIEW_VALUES = 64;

export interface LogitsShape {
  tokens: number;
  vocab: number;
  /** Width of the hidden states that the head reads: chunks of their rows must be views. */
  width: number;
}

/**
 * Rows of a chunk: as many as `bytes` hold, spread evenly over the chunks, and rounded up to where a view of the hidden states may
 * start; at least one such step, even where that is more than `bytes`.
 */
export function logitRows({ tokens, vocab, width }: LogitsShape, bytes: number): number {
  invariant(bytes > 0, "config", `the limit for logits must be above 0 bytes, not ${bytes}`);
  const step = VIEW_VALUES / commonDivisor(width, VIEW_VALUES);
  const most = Math.max(1, Math.floor(bytes / (vocab * LOGIT_BYTES * step))) * step;
  const even = Math.ceil(tokens / Math.ceil(tokens / most));
  return Math.min(tokens, Math.ceil(even / step) * step);
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
