// Reference of copying gates to their places.
import { at, type OpRef, randomInts, randomRef, refTensor, zerosLike } from "./kit/ref.ts";

interface Params {
  /** The gate of each place; the number of gates for padding, and more for a fixed gate. */
  sources: readonly number[];
  /** The value of fixed gates. */
  fixed: number;
}

const spreadCase = (own: number, all: number, name = `${own} gates in ${all} places`) => ({
  name,
  // two more than the number of gates, so that some places are padding or fixed
  params: { sources: [...randomInts(2, [all], own + 2).data], fixed: 64 },
  inputs: () => [randomRef(1, [own])],
});

export const spreadGatesRef: OpRef<Params> = {
  name: "spreadGates",
  cases: [
    spreadCase(1, 1),
    spreadCase(63, 64),
    spreadCase(64, 63),
    spreadCase(65, 129),
    spreadCase(128, 1000),
    { ...spreadCase(4, 6), name: "only padding", params: { sources: [4, 4, 4, 4, 4, 4], fixed: 64 } },
    { ...spreadCase(2, 4), name: "only fixed", params: { sources: [3, 3, 3, 3], fixed: 0.5 } },
  ],
  forward([own], { sources, fixed }) {
    if (!own) throw new RangeError("spreadGates takes gates");
    const { data } = own;
    return [
      refTensor(
        [sources.length],
        Float64Array.from(sources, (source) => {
          if (source < data.length) return at(data, source);
          return source === data.length ? 0 : fixed;
        }),
      ),
    ];
  },
  backward([own], { sources }, [dAll]) {
    if (!own || !dAll) throw new RangeError("spreadGates takes gates");
    const dOwn = zerosLike(own);
    sources.forEach((source, place) => {
      if (source < dOwn.data.length) dOwn.data[source] = at(dOwn.data, source) + at(dAll.data, place);
    });
    return [dOwn];
  },
};
