// On what attention is timed: a training step, a cache that is filled at once, and decoding.
import { attentionCachedRef, attentionRef, attentionRotatedRef } from "../../engine/ops/attention.ref.ts";
import { cachedAttentionRef } from "../../engine/ops/cachedAttention.ref.ts";
import { f32Bytes, scalar, type Timed, timedCase, type TimedInput, type TimedSizes, values } from "./timedCase.ts";

/** Each query head has its own key and value head. */
export const headShape = ({ d, heads }: TimedSizes) => ({ heads, kvHeads: heads, headDim: d / heads });

/** Rows q|k|v. */
export const packed = ({ rows, d }: TimedSizes): TimedInput => values(rows, 3 * d);

/** RoPE's angles. */
const table = (sizes: TimedSizes): TimedInput => values(sizes.rows, headShape(sizes).headDim / 2, 2);

/** Each row sees the keys up to its own, half of all on average: for q k^T, and for the weights times v. */
const causalFlop = ({ rows, d }: TimedSizes): number => 2 * rows * rows * d;

export const attentionCases: readonly Timed[] = [
  timedCase(attentionRef, (sizes) => ({
    inputs: [packed(sizes), scalar(0)],
    params: { ...headShape(sizes), start: 0 },
    flop: causalFlop(sizes),
  })),
  timedCase(attentionRotatedRef, (sizes) => ({
    inputs: [packed(sizes), table(sizes), scalar(0)],
    params: { ...headShape(sizes), start: 0, rotaryDim: headShape(sizes).headDim },
    flop: causalFlop(sizes),
  })),
  timedCase(attentionCachedRef, (sizes) => ({
    inputs: [packed(sizes), values(sizes.rows, 2 * sizes.d), scalar(0)],
    params: { ...headShape(sizes), start: 0 },
    flop: causalFlop(sizes),
  })),
  // one new token after all others: every key and value is read once, and the token's own written
  timedCase(cachedAttentionRef, (sizes) => {
    const { rows, d } = sizes;
    return {
      inputs: [values(1, 3 * d), values(rows, 2 * d), scalar(rows - 1), table(sizes)],
      params: { ...headShape(sizes), start: rows - 1, rotaryDim: headShape(sizes).headDim },
      bytes: f32Bytes([rows, 2 * d], [3 * d], [2 * d], [d]),
    };
  }),
];
