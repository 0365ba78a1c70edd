// Reference of unstructured pruning: a row or column is one group of N:M pruning.
import { keepOf, scoresOf } from "./keepGroups.ref.ts";
import type { LinePattern } from "./keepLargest.ts";
import type { OpCase, OpRef } from "./kit/ref.ts";

interface Scores {
  rows: number;
  cols: number;
  /** Number of different scores; default: all differ. */
  different?: number;
}

const lineCase = ({ rows, cols, different }: Scores, params: LinePattern): OpCase<LinePattern> => ({
  name: `${params.removed} along ${params.along} R${rows} C${cols}${different ? ` ${different} values` : ""}`,
  params,
  inputs: () => [scoresOf(rows, cols, different)],
});

export const keepLargestRef: OpRef<LinePattern> = {
  name: "keepLargest",
  cases: [
    lineCase({ rows: 1, cols: 1 }, { along: "inputs", removed: 0 }),
    lineCase({ rows: 1, cols: 2 }, { along: "inputs", removed: 1 }),
    lineCase({ rows: 3, cols: 63 }, { along: "inputs", removed: 31 }),
    lineCase({ rows: 4, cols: 64 }, { along: "inputs", removed: 32 }),
    lineCase({ rows: 5, cols: 65 }, { along: "inputs", removed: 0 }),
    lineCase({ rows: 5, cols: 65 }, { along: "inputs", removed: 65 }),
    lineCase({ rows: 176, cols: 66 }, { along: "outputs", removed: 88 }),
    lineCase({ rows: 9, cols: 130, different: 3 }, { along: "inputs", removed: 70 }),
    lineCase({ rows: 130, cols: 9, different: 2 }, { along: "outputs", removed: 13 }),
    lineCase({ rows: 64, cols: 64, different: 1 }, { along: "outputs", removed: 20 }),
  ],
  forward([scores], params) {
    if (!scores) throw new RangeError("keepLargest takes scores");
    const [rows = 0, cols = 0] = scores.shape;
    return [keepOf(scores, { ...params, size: params.along === "inputs" ? cols : rows })];
  },
};
