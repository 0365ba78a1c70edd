// The ops of weight pruning with their references, for the registry.
import { addColumnSquares } from "../columnSquares.ts";
import { columnSquaresRef } from "../columnSquares.ref.ts";
import { addGram } from "../gram.ts";
import { gramRef } from "../gram.ref.ts";
import { applyKeep, keepGroups, keepLargest } from "../keepGroups.ts";
import { applyKeepRef, keepGroupsRef, keepLargestRef } from "../keepGroups.ref.ts";
import { type CheckedOp, checkedOp, take } from "./parity.ts";
import { weightScores } from "../weightScores.ts";
import { weightScoresRef } from "../weightScores.ref.ts";

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
  checkedOp(keepGroupsRef, (ctx, t, { along, removed, size }) => [keepGroups(ctx, take(t, 0), along, removed, size)]),
  checkedOp(keepLargestRef, (ctx, t, { along, removed }) => [keepLargest(ctx, take(t, 0), along, removed)]),
  checkedOp(applyKeepRef, (ctx, t, part) => {
    const weight = take(t, 0);
    const bits = applyKeep(ctx, { weight, ...part }, take(t, 1));
    return [weight, bits];
  }),
];
