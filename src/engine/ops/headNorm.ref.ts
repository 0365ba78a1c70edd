// Reference of RMSNorm over the heads of q and k.
import type { HeadShape } from "./kit/headShape.ts";
import { at, type OpRef, randomRef, type RefTensor, zerosLike } from "./kit/ref.ts";

interface Params extends HeadShape {
  eps: number;
}

const shapeCase = (rows: number, shape: HeadShape, scale = 1) => ({
  name: `T${rows} H${shape.heads} KV${shape.kvHeads} hd${shape.headDim}${scale === 1 ? "" : ` ${scale} scale`}`,
  params: { ...shape, eps: 1e-6 },
  inputs: () => [
    randomRef(1, [rows, (shape.heads + 2 * shape.kvHeads) * shape.headDim], scale),
    randomRef(2, [2, shape.headDim]),
  ],
});

/** Calls `visit` for each head of q and k, with its first element, its first weight and 1 / rms. */
function normedHeads(
  x: RefTensor,
  { heads, kvHeads, headDim, eps }: Params,
  visit: (first: number, weight: number, r: number) => void,
): void {
  const width = (heads + 2 * kvHeads) * headDim;
  for (let row = 0; row < x.data.length / width; row++) {
    for (let head = 0; head < heads + kvHeads; head++) {
      const first = row * width + head * headDim;
      const squares = x.data.subarray(first, first + headDim).reduce((sum, value) => sum + value * value, 0);
      visit(first, head < heads ? 0 : headDim, 1 / Math.sqrt(squares / headDim + eps));
    }
  }
}

export const headNormRef: OpRef<Params> = {
  name: "headNorm",
  cases: [
    shapeCase(1, { heads: 1, kvHeads: 1, headDim: 2 }),
    shapeCase(3, { heads: 4, kvHeads: 2, headDim: 24 }),
    shapeCase(7, { heads: 2, kvHeads: 1, headDim: 22 }),
    shapeCase(9, { heads: 3, kvHeads: 3, headDim: 64 }, 1e3),
    shapeCase(5, { heads: 8, kvHeads: 1, headDim: 128 }, 1e-2),
  ],
  forward([x, w], params) {
    if (!x || !w) throw new RangeError("headNorm takes q|k|v and weights");
    const y = zerosLike(x);
    y.data.set(x.data);
    normedHeads(x, params, (first, weight, r) => {
      for (let c = 0; c < params.headDim; c++) y.data[first + c] = at(x.data, first + c) * r * at(w.data, weight + c);
    });
    return [y];
  },
  backward([x, w], params, [dy]) {
    if (!x || !w || !dy) throw new RangeError("headNorm takes q|k|v and weights");
    const { headDim } = params;
    const dx = zerosLike(x);
    dx.data.set(dy.data);
    normedHeads(x, params, (first, weight, r) => {
      const g = (c: number): number => at(dy.data, first + c) * at(w.data, weight + c);
      let dot = 0;
      for (let c = 0; c < headDim; c++) dot += g(c) * at(x.data, first + c);
      for (let c = 0; c < headDim; c++) {
        dx.data[first + c] = r * (g(c) - (at(x.data, first + c) * r * r * dot) / headDim);
      }
    });
    return [dx, null];
  },
};
