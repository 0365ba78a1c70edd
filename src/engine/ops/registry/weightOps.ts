// The ops of weight pruning, with their references, in the order in which a matrix is pruned.
import { addColumnSquares } from "../columnSquares.ts";
import { columnSquaresRef } from "../columnSquares.ref.ts";
import { addGram } from "../gram.ts";
import { gramRef } from "../gram.ref.ts";
import { keepGroups } from "../keepGroups.ts";
import { keepGroupsRef } from "../keepGroups.ref.ts";
import { keepLargest } from "../keepLargest.ts";
import { keepLargestRef } from "../keepLargest.ref.ts";
import { weightScores } from "../weightScores.ts";
import { weightScoresRef } from "../weightScores.ref.ts";
import { zeroByBits, zeroWeights } from "../zeroWeights.ts";
import { zeroByBitsRef, zeroWeightsRef } from "../zeroWeights.ref.ts";
import { type CheckedOp, checkedOp, take } from "./parity.ts";

export const weightOps: readonly CheckedOp[] = [
  checkedOp(columnSquaresRef, (ctx, t) => {
    addColumnSquares(ctx, take(t, 0), take(t, 1));
    return [take(t, 1)];
  }),
  checkedOp(gramRef, (ctx, t) => {
    addGram(ctx, take(t, 0), take(t, 1));
    return [take(t, 1)];
  }),
  checkedOp(weightScoresRef, (ctx, t, { scale, ...part }) => [
    weightScores(ctx, { weight: take(t, 0), ...part }, take(t, 1), scale),
  ]),
  checkedOp(keepGroupsRef, (ctx, t, pattern) => [keepGroups(ctx, take(t, 0), pattern)]),
  checkedOp(keepLargestRef, (ctx, t, pattern) => [keepLargest(ctx, take(t, 0), pattern)]),
  checkedOp(zeroWeightsRef, (ctx, t, part) => {
    const weight = take(t, 0);
    const bits = zeroWeights(ctx, { weight, ...part }, take(t, 1));
    return [weight, bits];
  }),
  checkedOp(zeroByBitsRef, (ctx, t) => {
    zeroByBits(ctx, take(t, 0), take(t, 1));
    return [take(t, 0)];
  }),
];
