// Reference of learned positions.
import { at, type OpRef, randomRef, refTensor } from "./kit/ref.ts";

const shapeCase = (rows: number, cols: number, start: number) => ({
  name: `T${rows} C${cols} start ${start}`,
  params: { start },
  inputs: () => [
    randomRef(1, [rows, cols]),
    randomRef(2, [start + rows, cols]),
    { ...refTensor([1], Float64Array.of(start)), dtype: "u32" as const },
  ],
});

export const addPositionsRef: OpRef<{ start: number }> = {
  name: "addPositions",
  cases: [shapeCase(1, 1, 0), shapeCase(1, 64, 17), shapeCase(7, 63, 2), shapeCase(9, 260, 0), shapeCase(130, 64, 5)],
  forward([x, table], { start }) {
    if (!x || !table) throw new RangeError("addPositions takes x, table and start");
    const y = refTensor(x.shape);
    const cols = x.shape[1] ?? 0;
    for (let i = 0; i < y.data.length; i++) y.data[i] = at(x.data, i) + at(table.data, start * cols + i);
    return [y];
  },
  backward(_, __, [dy]) {
    if (!dy) throw new RangeError("addPositions has one output");
    return [dy, null, null];
  },
};
