// Reference of writing into a KV cache.
import { at, type OpRef, randomRef, refTensor, zerosLike } from "./kit/ref.ts";
import type { HeadShape } from "./rope.ts";

interface Params extends HeadShape {
  start: number;
}

const shapeCase = (rows: number, capacity: number, start: number, shape: HeadShape) => ({
  name: `T${rows} S${capacity} start ${start} H${shape.heads} KV${shape.kvHeads} hd${shape.headDim}`,
  params: { ...shape, start },
  inputs: () => [
    randomRef(1, [rows, (shape.heads + 2 * shape.kvHeads) * shape.headDim]),
    { ...refTensor([1], Float64Array.of(start)), dtype: "u32" as const },
    randomRef(2, [capacity, 2 * shape.kvHeads * shape.headDim]),
  ],
});

export const appendKvRef: OpRef<Params> = {
  name: "append kv",
  cases: [
    shapeCase(1, 1, 0, { heads: 1, kvHeads: 1, headDim: 2 }),
    shapeCase(1, 16, 15, { heads: 6, kvHeads: 2, headDim: 32 }),
    shapeCase(9, 16, 3, { heads: 4, kvHeads: 4, headDim: 24 }),
    shapeCase(17, 20, 0, { heads: 3, kvHeads: 1, headDim: 64 }),
    shapeCase(9, 16, 12, { heads: 2, kvHeads: 1, headDim: 16 }),
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
