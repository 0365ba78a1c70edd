// On what the ops of weight pruning are timed, in the order in which a matrix is pruned.
import { columnSquaresRef } from "../../engine/ops/columnSquares.ref.ts";
import { gramRef } from "../../engine/ops/gram.ref.ts";
import { keepGroupsRef } from "../../engine/ops/keepGroups.ref.ts";
import { keepLargestRef } from "../../engine/ops/keepLargest.ref.ts";
import { weightScoresRef } from "../../engine/ops/weightScores.ref.ts";
import { zeroByBitsRef, zeroWeightsRef } from "../../engine/ops/zeroWeights.ref.ts";
import { integers, positive, type Timed, timedCase, values } from "./timedCase.ts";

export const weightCases: readonly Timed[] = [
  timedCase(columnSquaresRef, ({ rows, f }) => ({ inputs: [values(rows, f), positive(f)], params: {} })),
  // only the sums on and above the diagonal are computed
  timedCase(gramRef, ({ rows, d }) => ({
    ...{ inputs: [values(rows, d), values(d, d)], params: {} },
    flop: rows * d * (d + 1),
  })),
  timedCase(weightScoresRef, ({ d, f }) => ({
    inputs: [values(f, d), positive(d)],
    params: { firstRow: 0, rows: f, scale: "input norm" },
  })),
  timedCase(keepGroupsRef, ({ d, f }) => ({
    inputs: [positive(f, d)],
    params: { along: "inputs", removed: 2, size: 4 },
  })),
  timedCase(keepLargestRef, ({ d, f }) => ({
    inputs: [positive(f, d)],
    params: { along: "inputs", removed: d / 2 },
  })),
  timedCase(zeroWeightsRef, ({ d, f }) => ({
    inputs: [values(f, d), integers(2, f, d)],
    params: { firstRow: 0, rows: f },
  })),
  timedCase(zeroByBitsRef, ({ d, f }) => ({
    inputs: [values(f, d), integers(2 ** 31, (f * d) / 32)],
    params: null,
  })),
];
