// Reference of N:M pruning.
import { at, type OpCase, type OpRef, randomInts, randomRef, refTensor, type RefTensor } from "./kit/ref.ts";
import type { GroupPattern } from "./keepGroups.ts";

/** Repeatable scores, none negative. With few different values there are many ties. */
export function scoresOf(rows: number, cols: number, different?: number): RefTensor {
  if (different !== undefined) return { ...randomInts(1, [rows, cols], different), dtype: "f32" };
  const { shape, data } = randomRef(1, [rows, cols]);
  return refTensor(shape, data.map(Math.abs));
}

/** The mask in which of every `size` positions along the direction the `removed` smallest scores are 0; of equal scores the earlier. */
export function keepOf({ shape, data }: RefTensor, { along, removed, size }: GroupPattern): RefTensor {
  const [rows = 0, cols = 0] = shape;
  const keep = new Float64Array(data.length).fill(1);
  const [lines, length] = along === "inputs" ? [rows, cols] : [cols, rows];
  for (let line = 0; line < lines; line++) {
    for (let first = 0; first < length; first += size) {
      const positions = Array.from({ length: size }, (_, i) =>
        along === "inputs" ? line * cols + first + i : (first + i) * cols + line,
      );
      positions.sort((a, b) => at(data, a) - at(data, b) || a - b);
      for (const position of positions.slice(0, removed)) keep[position] = 0;
    }
  }
  return { shape, data: keep, dtype: "u32" };
}

interface Scores {
  rows: number;
  cols: number;
  /** Number of different scores; default: all differ. */
  different?: number;
}

const groupCase = ({ rows, cols, different }: Scores, params: GroupPattern): OpCase<GroupPattern> => ({
  name: `${params.removed}:${params.size} along ${params.along} R${rows} C${cols}${different ? ` ${different} values` : ""}`,
  params,
  inputs: () => [scoresOf(rows, cols, different)],
});

export const keepGroupsRef: OpRef<GroupPattern> = {
  name: "keepGroups",
  cases: [
    groupCase({ rows: 1, cols: 4 }, { along: "inputs", removed: 2, size: 4 }),
    groupCase({ rows: 4, cols: 1 }, { along: "outputs", removed: 2, size: 4 }),
    groupCase({ rows: 9, cols: 28 }, { along: "inputs", removed: 2, size: 4 }),
    groupCase({ rows: 8, cols: 32 }, { along: "inputs", removed: 2, size: 4 }),
    groupCase({ rows: 36, cols: 13 }, { along: "outputs", removed: 2, size: 4 }),
    groupCase({ rows: 16, cols: 65 }, { along: "outputs", removed: 4, size: 8 }),
    groupCase({ rows: 5, cols: 64 }, { along: "inputs", removed: 1, size: 32 }),
    groupCase({ rows: 24, cols: 40, different: 3 }, { along: "outputs", removed: 4, size: 8 }),
    groupCase({ rows: 12, cols: 40, different: 2 }, { along: "inputs", removed: 2, size: 4 }),
    groupCase({ rows: 8, cols: 8, different: 1 }, { along: "inputs", removed: 4, size: 8 }),
  ],
  forward([scores], params) {
    if (!scores) throw new RangeError("keepGroups takes scores");
    return [keepOf(scores, params)];
  },
};
