// A text in non-overlapping windows, in which perplexity and what is compared with it are measured.
import type { Ctx } from "../ctx.ts";
import { EngineError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";

export interface WindowOptions {
  /** Window length in tokens. */
  context: number;
  onWindow?: (done: number, of: number) => void;
  /** Checked before each window; true cancels. */
  cancelled?: () => boolean;
}

interface Window {
  /** Index of its first token. */
  start: number;
  /** In tokens. */
  length: number;
}

/** Splits `tokens` tokens into windows of `context`; a last window of one token is dropped, because it scores nothing. */
export function windowsOf(tokens: number, context: number): Window[] {
  const windows: Window[] = [];
  for (let start = 0; start < tokens - 1; start += context) {
    const length = Math.min(context, tokens - start);
    if (length >= 2) windows.push({ start, length });
  }
  return windows;
}

/**
 * Runs `measure` on each window of ids, in order. upload: the window's ids on the GPU, u32 (length), for use in a step. Throws "cancelled"
 * between windows.
 */
export async function forEachWindow(
  ctx: Ctx,
  ids: Uint32Array,
  { context, onWindow, cancelled }: WindowOptions,
  measure: (window: Window, upload: () => Tensor) => Promise<void>,
): Promise<void> {
  const windows = windowsOf(ids.length, context);
  for (const [done, { start, length }] of windows.entries()) {
    if (cancelled?.()) throw new EngineError("cancelled", "The measurement was stopped.");
    await measure({ start, length }, () => ctx.upload(ids.slice(start, start + length), [length], "window"));
    onWindow?.(done + 1, windows.length);
  }
}
