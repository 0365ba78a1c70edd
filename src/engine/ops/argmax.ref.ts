// Reference of the index of the largest value.
import { at, type OpRef, randomRef, type RefTensor, refTensor } from "./kit/ref.ts";

interface Params {
  slot: number;
  /** Length of the history. */
  length: number;
}

const argmaxCase = (name: string, x: () => RefTensor, params: Params) => ({
  name,
  params,
  inputs: () => [x()],
});

/** All equal, so that the first must win. */
const equal = (count: number): RefTensor => refTensor([count], new Float64Array(count).fill(-2));

export const argmaxRef: OpRef<Params> = {
  name: "argmax",
  // on both sides of the 256 invocations that share the search
  cases: [
    ...[1, 255, 256, 257, 49_153].map((count) =>
      argmaxCase(String(count), () => randomRef(count, [count]), { slot: 0, length: 1 }),
    ),
    argmaxCase("equal values", () => equal(600), { slot: 0, length: 1 }),
    argmaxCase("a later slot", () => randomRef(3, [2048]), { slot: 2, length: 3 }),
  ],
  forward([x], { slot, length }) {
    if (!x) throw new RangeError("argmax takes a vector");
    const history = refTensor([length]);
    let best = 0;
    for (let i = 1; i < x.data.length; i++) if (at(x.data, i) > at(x.data, best)) best = i;
    history.data[slot] = best;
    return [history];
  },
};
