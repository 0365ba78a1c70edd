// Reference of the sum of slices.
import { at, type OpRef, randomRef, refTensor } from "./kit/ref.ts";

interface Params {
  extra: "none" | "bias" | "accumulate";
}

const sliceCase = (count: number, rows: number, cols: number, extra: Params["extra"]) => ({
  name: `S${count} R${rows} C${cols} ${extra}`,
  params: { extra },
  inputs: () => [
    randomRef(1, [count, rows, cols]),
    randomRef(2, [rows, cols]),
    ...(extra === "bias" ? [randomRef(3, [cols])] : []),
  ],
});

/** Inputs: the slices, y before, and perhaps a bias. */
export const addSlicesRef: OpRef<Params> = {
  name: "addSlices",
  cases: [
    ...[sliceCase(1, 1, 4, "none"), sliceCase(2, 3, 8, "none"), sliceCase(16, 5, 12, "none")],
    // 64 Values take one workgroup
    ...[sliceCase(3, 16, 16, "bias"), sliceCase(3, 13, 20, "bias"), sliceCase(4, 9, 28, "accumulate")],
  ],
  forward([slices, before, bias], { extra }) {
    if (!slices || !before) throw new RangeError("addSlices takes the slices and y");
    const [count = 0, rows = 0, cols = 0] = slices.shape;
    const y = refTensor([rows, cols]);
    for (let i = 0; i < rows * cols; i++) {
      let sum = extra === "accumulate" ? at(before.data, i) : bias ? at(bias.data, i % cols) : 0;
      for (let s = 0; s < count; s++) sum += at(slices.data, s * rows * cols + i);
      y.data[i] = sum;
    }
    return [y];
  },
};
