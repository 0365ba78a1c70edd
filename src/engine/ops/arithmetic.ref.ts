// References of the elementwise arithmetic.
import { at, type OpRef, randomRef, refTensor } from "./kit/ref.ts";

const sizes = [1, 63, 64, 65, 1000];

export const addRef: OpRef<null> = {
  name: "add",
  cases: sizes.map((n) => ({ name: `N${n}`, params: null, inputs: () => [randomRef(1, [n]), randomRef(2, [n])] })),
  forward([a, b]) {
    if (!a || !b) throw new RangeError("add takes two tensors");
    return [
      refTensor(
        a.shape,
        a.data.map((value, i) => value + at(b.data, i)),
      ),
    ];
  },
  backward: (_, __, [dy]) => [dy ?? null, dy ?? null],
};
