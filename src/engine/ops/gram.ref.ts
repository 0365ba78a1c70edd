// Reference of the Gram matrix.
import { at, type OpRef, randomRef, refTensor } from "./kit/ref.ts";

const gramCase = (rows: number, cols: number, scale = 1, name = `R${rows} C${cols}`) => ({
  name,
  params: {},
  inputs: () => [randomRef(1, [rows, cols], scale), randomRef(2, [cols, cols], scale)],
});

export const gramRef: OpRef<object> = {
  name: "gram",
  cases: [
    ...[gramCase(1, 1), gramCase(31, 4), gramCase(32, 7), gramCase(33, 8), gramCase(5, 31)],
    // 16 x 16 blocks take four workgroups
    ...[gramCase(65, 64), gramCase(100, 68), gramCase(300, 12)],
    gramCase(40, 20, 1e4, "1e4 scale"),
  ],
  forward([x, before]) {
    if (!x || !before) throw new RangeError("gram takes x and the earlier sums");
    const [rows = 0, cols = 0] = x.shape;
    const block = cols % 4 === 0 ? 4 : 1;
    const gram = before.data.slice();
    for (let i = 0; i < cols; i++) {
      for (let j = Math.floor(i / block) * block; j < cols; j++) {
        for (let row = 0; row < rows; row++) {
          gram[i * cols + j] = at(gram, i * cols + j) + at(x.data, row * cols + i) * at(x.data, row * cols + j);
        }
      }
    }
    return [refTensor([cols, cols], gram)];
  },
};
