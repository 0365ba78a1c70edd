// How many rows of logits are in memory at a time, so that a large vocabulary does not need tokens x vocabulary numbers.
import { invariant } from "./errors.ts";

/** Default of Ctx.logitsBytes, the largest size of f32 logits in memory at a time. A row of 49,152 tokens has 192 KiB, so this is 341 rows. */
export const LOGITS_BYTES = 64 * 1024 * 1024;

const LOGIT_BYTES = 4;
/** Views must start at a multiple of this many f32 values (256 bytes). */
const VIEW_VALUES = 64;

interface LogitsShape {
  tokens: number;
  vocab: number;
  /** Width of the hidden states that the head reads. Chunks of their rows are views. */
  width: number;
}

/**
 * Rows per chunk: as many as fit into `bytes`, spread evenly over the chunks, and rounded up so that each chunk starts where a view of the
 * hidden states may start. At least one such step, even if that is more than `bytes`.
 */
export function logitRows({ tokens, vocab, width }: LogitsShape, bytes: number): number {
  invariant(bytes > 0, "config", `logits limit: expected more than 0 bytes, got ${bytes}`);
  const step = VIEW_VALUES / commonDivisor(width, VIEW_VALUES);
  const most = Math.max(1, Math.floor(bytes / (vocab * LOGIT_BYTES * step))) * step;
  const even = Math.ceil(tokens / Math.ceil(tokens / most));
  return Math.min(tokens, Math.ceil(even / step) * step);
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
