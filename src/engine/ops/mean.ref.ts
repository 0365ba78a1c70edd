// Reference of the mean of a vector.
import { type OpRef, randomRef, refTensor } from "./kit/ref.ts";

export const meanRef: OpRef<null> = {
  name: "mean",
  // on both sides of the 64 invocations that share a row
  cases: [1, 2, 63, 64, 65, 1000].map((count) => ({
    name: String(count),
    params: null,
    inputs: () => [randomRef(1, [count])],
  })),
  forward([x]) {
    if (!x) throw new RangeError("the mean takes a vector");
    return [refTensor([1], Float64Array.of(x.data.reduce((sum, value) => sum + value, 0) / x.data.length))];
  },
};
