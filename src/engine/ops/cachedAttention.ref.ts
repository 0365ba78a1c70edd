// Reference of attention over a KV cache with RoPE: the references of its parts, one after the other.
import { appendKvRef } from "./appendKv.ref.ts";
import { attentionCachedRef } from "./attention.ref.ts";
import type { HeadShape } from "./kit/headShape.ts";
import { type OpCase, type OpRef, randomRef, refTensor, type RefTensor } from "./kit/ref.ts";
import { angleTable, ropeRef } from "./rope.ref.ts";

interface Params extends HeadShape {
  start: number;
  /** Dimensions of a head that are rotated; 0: none, and no table. */
  rotaryDim: number;
  window?: number;
}

type Sizes = readonly [rows: number, heads: number, kvHeads: number, headDim: number];

/** `capacity`: rows of the cache. */
function sized(sizes: Sizes, capacity: number, more: Partial<Params> & { start: number }): OpCase<Params> {
  const [rows, heads, kvHeads, headDim] = sizes;
  const params = { heads, kvHeads, headDim, rotaryDim: headDim, ...more };
  const { start, rotaryDim, window, scale } = params;
  const rotary = rotaryDim === headDim ? "" : ` rotary ${rotaryDim}`;
  const table = rotaryDim > 0 ? [angleTable(start + rows, { rotaryDim })] : [];
  return {
    name: `T${rows} H${heads} KV${kvHeads} hd${headDim} S${capacity} start ${start}${rotary}${window ? ` window ${window}` : ""}${scale ? ` factor ${scale}` : ""}`,
    params,
    inputs: () => [
      randomRef(1, [rows, (heads + 2 * kvHeads) * headDim], 2),
      randomRef(2, [capacity, 2 * kvHeads * headDim], 2),
      { ...refTensor([1], Float64Array.of(start)), dtype: "u32" },
      ...table,
    ],
  };
}

export const cachedAttentionRef: OpRef<Params> = {
  name: "cachedAttention",
  cases: [
    sized([1, 1, 1, 4], 1, { start: 0 }),
    sized([1, 6, 2, 32], 512, { start: 7 }),
    sized([1, 9, 3, 64], 33, { start: 32 }),
    sized([1, 4, 4, 24], 20, { start: 8, rotaryDim: 12 }),
    sized([1, 2, 1, 20], 20, { start: 8, rotaryDim: 6 }),
    sized([1, 2, 2, 80], 20, { start: 8, rotaryDim: 32 }),
    sized([1, 4, 2, 16], 20, { start: 11, rotaryDim: 0 }),
    // 256 keys per round, the own one included
    sized([1, 2, 1, 64], 260, { start: 254 }),
    sized([1, 2, 1, 64], 260, { start: 255 }),
    sized([1, 2, 1, 64], 260, { start: 256 }),
    sized([1, 2, 1, 36], 600, { start: 599 }),
    sized([1, 2, 1, 256], 300, { start: 290 }),
    sized([1, 1, 1, 252], 300, { start: 3, rotaryDim: 252 }),
    sized([1, 1, 1, 260], 40, { start: 30 }),
    sized([2, 4, 2, 16], 40, { start: 0 }),
    sized([3, 6, 2, 32], 300, { start: 254 }),
    sized([4, 6, 2, 256], 33, { start: 29 }),
    sized([4, 3, 1, 20], 33, { start: 5, rotaryDim: 0 }),
    sized([5, 6, 2, 16], 33, { start: 28 }),
    sized([9, 2, 1, 16], 40, { start: 0 }),
    sized([1, 2, 1, 16], 64, { start: 40, window: 5 }),
    sized([1, 2, 1, 16], 64, { start: 40, window: 1 }),
    sized([3, 2, 1, 16], 64, { start: 47, window: 17 }),
    sized([2, 2, 1, 16], 600, { start: 530, window: 257 }),
    sized([6, 2, 1, 16], 64, { start: 40, window: 10 }),
    sized([1, 4, 2, 16], 64, { start: 40, scale: 0.05 }),
    sized([3, 4, 2, 16], 64, { start: 41, cap: 0.5 }),
  ],
  forward([qkv, cache, start, table], params) {
    if (!qkv || !cache || !start) throw new RangeError("cachedAttention takes q|k|v, a cache and start");
    const rows = qkv.shape[0] ?? 0;
    const [turned] = table ? ropeRef.forward([qkv, table], { ...params, rows }) : [qkv];
    const inputs: readonly RefTensor[] = turned ? [turned] : [];
    const [after] = appendKvRef.forward([...inputs, start, cache], params);
    if (!after) throw new RangeError("appendKv returned no cache");
    return [...attentionCachedRef.forward([...inputs, after], params), after];
  },
};
