// Keys and values of the tokens so far, so that a new token costs one row. One tensor per block, packed k|v.
import type { Ctx } from "../ctx.ts";
import type { Tensor } from "../tensor.ts";
import type { ModelConfig } from "../config/config.ts";

export interface KvCache {
  /** (capacity, 2 * kvHeads * headDim) for each block. */
  readonly blocks: readonly Tensor[];
  readonly capacity: number;
  free(): void;
}

/** A cache for up to `capacity` tokens. */
export function makeKvCache(ctx: Ctx, config: ModelConfig, capacity: number): KvCache {
  const width = 2 * config.kvHeads * config.headDim;
  const blocks = Array.from({ length: config.layers }, (_, l) => ctx.persistent(`kv cache ${l}`, [capacity, width]));
  return { blocks, capacity, free: () => ctx.free(...blocks) };
}
