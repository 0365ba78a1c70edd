// References of the selection of weights and of zeroing the others.
import type { Direction } from "../masks/mlpMatrices.ts";
import { at, type OpCase, type OpRef, randomInts, randomRef, refTensor, type RefTensor } from "./kit/ref.ts";

interface Selected {
  along: Direction;
  removed: number;
}
interface Grouped extends Selected {
  size: number;
}

/** Scores, none negative; with few different values there are many ties. */
function scoresOf(rows: number, cols: number, different?: number): RefTensor {
  if (different !== undefined) return { ...randomInts(1, [rows, cols], different), dtype: "f32" };
  const { shape, data } = randomRef(1, [rows, cols]);
  return refTensor(shape, data.map(Math.abs));
}

/** Keep-mask in which of every `size` positions along the direction the `removed` smallest scores are 0, of equals the earlier. */
function keepOf({ shape, data }: RefTensor, { along, removed, size }: Grouped): RefTensor {
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

const groupCase = (rows: number, cols: number, params: Grouped, different?: number): OpCase<Grouped> => ({
  name: `${params.removed}:${params.size} along ${params.along} R${rows} C${cols}${different ? ` ${different} values` : ""}`,
  params,
  inputs: () => [scoresOf(rows, cols, different)],
});

export const keepGroupsRef: OpRef<Grouped> = {
  name: "keep groups",
  cases: [
    groupCase(1, 4, { along: "inputs", removed: 2, size: 4 }),
    groupCase(4, 1, { along: "outputs", removed: 2, size: 4 }),
    groupCase(9, 28, { along: "inputs", removed: 2, size: 4 }),
    groupCase(8, 32, { along: "inputs", removed: 2, size: 4 }),
    groupCase(36, 13, { along: "outputs", removed: 2, size: 4 }),
    groupCase(16, 65, { along: "outputs", removed: 4, size: 8 }),
    groupCase(5, 64, { along: "inputs", removed: 1, size: 32 }),
    groupCase(24, 40, { along: "outputs", removed: 4, size: 8 }, 3),
    groupCase(12, 40, { along: "inputs", removed: 2, size: 4 }, 2),
    groupCase(8, 8, { along: "inputs", removed: 4, size: 8 }, 1),
  ],
  forward([scores], params) {
    if (!scores) throw new RangeError("keep groups takes scores");
    return [keepOf(scores, params)];
  },
};

const lineCase = (rows: number, cols: number, params: Selected, different?: number): OpCase<Selected> => ({
  name: `${params.removed} along ${params.along} R${rows} C${cols}${different ? ` ${different} values` : ""}`,
  params,
  inputs: () => [scoresOf(rows, cols, different)],
});

export const keepLargestRef: OpRef<Selected> = {
  name: "keep largest",
  cases: [
    lineCase(1, 1, { along: "inputs", removed: 0 }),
    lineCase(1, 2, { along: "inputs", removed: 1 }),
    lineCase(3, 63, { along: "inputs", removed: 31 }),
    lineCase(4, 64, { along: "inputs", removed: 32 }),
    lineCase(5, 65, { along: "inputs", removed: 0 }),
    lineCase(5, 65, { along: "inputs", removed: 65 }),
    lineCase(176, 66, { along: "outputs", removed: 88 }),
    lineCase(9, 130, { along: "inputs", removed: 70 }, 3),
    lineCase(130, 9, { along: "outputs", removed: 13 }, 2),
    lineCase(64, 64, { along: "outputs", removed: 20 }, 1),
  ],
  forward([scores], params) {
    if (!scores) throw new RangeError("keep largest takes scores");
    const [rows = 0, cols = 0] = scores.shape;
    return [keepOf(scores, { ...params, size: params.along === "inputs" ? cols : rows })];
  },
};

interface Part {
  firstRow: number;
  rows: number;
}

const applyCase = (packedRows: number, cols: number, params: Part): OpCase<Part> => ({
  name: `R${params.rows} of ${packedRows} from ${params.firstRow} C${cols}`,
  params,
  inputs: () => [randomRef(1, [packedRows, cols]), randomInts(2, [params.rows, cols], 2)],
});

export const applyKeepRef: OpRef<Part> = {
  name: "apply keep",
  cases: [
    applyCase(1, 1, { firstRow: 0, rows: 1 }),
    applyCase(1, 31, { firstRow: 0, rows: 1 }),
    applyCase(3, 32, { firstRow: 1, rows: 1 }),
    applyCase(6, 33, { firstRow: 3, rows: 3 }),
    applyCase(70, 65, { firstRow: 35, rows: 35 }),
  ],
  forward([w, keep], { firstRow }) {
    if (!w || !keep) throw new RangeError("apply keep takes w and keep");
    const after = refTensor(w.shape, w.data.slice());
    const first = firstRow * (w.shape[1] ?? 1);
    const words = new Float64Array(Math.ceil(keep.data.length / 32));
    keep.data.forEach((kept, i) => {
      if (kept === 0) after.data[first + i] = 0;
      else words[i >> 5] = at(words, i >> 5) + 2 ** (i & 31);
    });
    return [after, { ...refTensor([words.length], words), dtype: "u32" }];
  },
};
