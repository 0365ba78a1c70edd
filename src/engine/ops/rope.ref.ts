// Reference of RoPE.
import type { HeadShape } from "./kit/headShape.ts";
import { at, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

interface Params extends HeadShape {
  rows: number;
  start: number;
  rotaryDim: number;
  /** Factor on cosine and sine (YaRN's); default 1. */
  attention?: number;
}

const CASES: readonly Params[] = [
  { rows: 1, heads: 1, kvHeads: 1, headDim: 2, start: 0, rotaryDim: 2 },
  { rows: 1, heads: 6, kvHeads: 2, headDim: 32, start: 511, rotaryDim: 32 },
  { rows: 7, heads: 2, kvHeads: 1, headDim: 16, start: 0, rotaryDim: 16 },
  { rows: 8, heads: 4, kvHeads: 4, headDim: 24, start: 3, rotaryDim: 24 },
  { rows: 9, heads: 4, kvHeads: 2, headDim: 32, start: 100, rotaryDim: 32 },
  { rows: 17, heads: 3, kvHeads: 1, headDim: 64, start: 1, rotaryDim: 64 },
  { rows: 9, heads: 2, kvHeads: 2, headDim: 32, start: 5, rotaryDim: 16 },
  { rows: 6, heads: 2, kvHeads: 2, headDim: 80, start: 3, rotaryDim: 32 },
  { rows: 5, heads: 2, kvHeads: 1, headDim: 20, start: 2, rotaryDim: 6 },
  { rows: 6, heads: 4, kvHeads: 2, headDim: 16, start: 7, rotaryDim: 16, attention: 1.14 },
  { rows: 3, heads: 2, kvHeads: 1, headDim: 20, start: 1, rotaryDim: 6, attention: 0.9 },
];

/** A table of any angles; the real one is ropeTable's. */
export const angleTable = (
  positions: number,
  { rotaryDim, attention = 1 }: Pick<Params, "rotaryDim" | "attention">,
): RefTensor => {
  const half = rotaryDim / 2;
  const data = Float64Array.from({ length: positions * half * 2 }, (_, i) => {
    const angle = 0.7 * Math.floor(i / 2) + 0.1;
    return Math.fround(attention * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle)));
  });
  return refTensor([positions, half, 2], data);
};

/** The rotation, times the table's factor; with direction -1, its transpose. */
function rotate(x: RefTensor, table: RefTensor, params: Params, direction: 1 | -1): RefTensor {
  const { heads, kvHeads, headDim, start, rotaryDim } = params;
  const half = rotaryDim / 2;
  const [rows = 0, cols = 0] = x.shape;
  const y = zerosLike(x);
  y.data.set(x.data);
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads + kvHeads; head++) {
      for (let c = 0; c < half; c++) {
        const i = row * cols + head * headDim + c;
        const angle = ((start + row) * half + c) * 2;
        const cos = at(table.data, angle);
        const sin = direction * at(table.data, angle + 1);
        y.data[i] = at(x.data, i) * cos - at(x.data, i + half) * sin;
        y.data[i + half] = at(x.data, i + half) * cos + at(x.data, i) * sin;
      }
    }
  }
  return y;
}

export const ropeRef: OpRef<Params> = {
  name: "rope",
  cases: CASES.map((one) => ({
    name: `T${one.rows} H${one.heads} KV${one.kvHeads} hd${one.headDim} start ${one.start} rotary ${one.rotaryDim}${one.attention === undefined ? "" : ` times ${one.attention}`}`,
    params: one,
    inputs: () => [
      randomRef(1, [one.rows, (one.heads + 2 * one.kvHeads) * one.headDim]),
      angleTable(one.start + one.rows, one),
      { ...refTensor([1], Float64Array.of(one.start)), dtype: "u32" },
    ],
  })),
  forward([x, table], params) {
    if (!x || !table) throw new RangeError("rope takes q|k|v, table and start");
    return [rotate(x, table, params, 1)];
  },
  backward([, table], params, [dy]) {
    if (!dy || !table) throw new RangeError("rope takes q|k|v, table and start");
    return [rotate(dy, table, params, -1), null, null];
  },
};
