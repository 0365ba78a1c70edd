// Reference of writing to a KV cache.
import type { HeadShape } from "./kit/headShape.ts";
import { at, type OpRef, randomRef, refTensor, zerosLike } from "./kit/ref.ts";

interface Params extends HeadShape {
  start: number;
}

interface Sizes {
  rows: number;
  capacity: number;
  start: number;
}

const shapeCase = ({ rows, capacity, start }: Sizes, shape: HeadShape) => ({
  name: `T${rows} S${capacity} start ${start} H${shape.heads} KV${shape.kvHeads} hd${shape.headDim}`,
  params: { ...shape, start },
  inputs: () => [
    randomRef(1, [rows, (shape.heads + 2 * shape.kvHeads) * shape.headDim]),
    { ...refTensor([1], Float64Array.of(start)), dtype: "u32" as const },
    randomRef(2, [capacity, 2 * shape.kvHeads * shape.headDim]),
  ],
});

export const appendKvRef: OpRef<Params> = {
  name: "appendKv",
  cases: [
    shapeCase({ rows: 1, capacity: 1, start: 0 }, { heads: 1, kvHeads: 1, headDim: 2 }),
    shapeCase({ rows: 1, capacity: 16, start: 15 }, { heads: 6, kvHeads: 2, headDim: 32 }),
    shapeCase({ rows: 9, capacity: 16, start: 3 }, { heads: 4, kvHeads: 4, headDim: 24 }),
    shapeCase({ rows: 17, capacity: 20, start: 0 }, { heads: 3, kvHeads: 1, headDim: 64 }),
    shapeCase({ rows: 9, capacity: 16, start: 12 }, { heads: 2, kvHeads: 1, headDim: 16 }),
  ],
  forward([qkv, , cache], { start }) {
    if (!qkv || !cache) throw new RangeError("appendKv takes q|k|v, start and cache");
    const [rows = 0, width = 0] = qkv.shape;
    const [capacity = 0, cols = 0] = cache.shape;
    const after = zerosLike(cache);
    after.data.set(cache.data);
    for (let row = 0; row < Math.min(rows, capacity - start); row++) {
      for (let c = 0; c < cols; c++) {
        after.data[(start + row) * cols + c] = at(qkv.data, row * width + width - cols + c);
      }
    }
    return [after];
  },
};
