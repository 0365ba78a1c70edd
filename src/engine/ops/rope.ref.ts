// Reference of RoPE.
import { at, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";
import type { HeadShape } from "./rope.ts";

interface Params extends HeadShape {
  rows: number;
  start: number;
  rotaryDim: number;
}

const params = (rows: number, heads: number, kvHeads: number, headDim: number, start = 0, rotaryDim = headDim) => ({
  rows,
  heads,
  kvHeads,
  headDim,
  start,
  rotaryDim,
});

const CASES: readonly Params[] = [
  params(1, 1, 1, 2),
  params(1, 6, 2, 32, 511),
  params(7, 2, 1, 16),
  params(8, 4, 4, 24, 3),
  params(9, 4, 2, 32, 100),
  params(17, 3, 1, 64, 1),
  params(9, 2, 2, 32, 5, 16),
  params(6, 2, 2, 80, 3, 32),
  params(5, 2, 1, 20, 2, 6),
];

const tableOf = (positions: number, half: number): RefTensor => {
  const data = Float64Array.from({ length: positions * half * 2 }, (_, i) => {
    const angle = 0.7 * Math.floor(i / 2) + 0.1;
    return Math.fround(i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
  return refTensor([positions, half, 2], data);
};

/** The rotation itself; direction -1 turns back. */
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
    name: `T${one.rows} H${one.heads} KV${one.kvHeads} hd${one.headDim} start ${one.start} rotary ${one.rotaryDim}`,
    params: one,
    inputs: () => [
      randomRef(1, [one.rows, (one.heads + 2 * one.kvHeads) * one.headDim]),
      tableOf(one.start + one.rows, one.rotaryDim / 2),
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
