// Reference of gates shared by several places.
import { at, type OpRef, randomInts, randomRef, refTensor, zerosLike } from "./kit/ref.ts";

interface Params {
  /** For each place its gate; `own` and above is padding. */
  sources: readonly number[];
}

const spreadCase = (own: number, all: number, name = `${own} gates in ${all} places`) => ({
  name,
  // one more than there are gates: some places are padding
  params: { sources: [...randomInts(2, [all], own + 1).data] },
  inputs: () => [randomRef(1, [own])],
});

export const spreadGatesRef: OpRef<Params> = {
  name: "spread gates",
  cases: [
    spreadCase(1, 1),
    spreadCase(63, 64),
    spreadCase(64, 63),
    spreadCase(65, 129),
    spreadCase(128, 1000),
    { ...spreadCase(4, 6), name: "only padding", params: { sources: [4, 4, 4, 4, 4, 4] } },
  ],
  forward([own], { sources }) {
    if (!own) throw new RangeError("spread gates takes gates");
    const { data } = own;
    return [
      refTensor(
        [sources.length],
        Float64Array.from(sources, (source) => (source < data.length ? at(data, source) : 0)),
      ),
    ];
  },
  backward([own], { sources }, [dAll]) {
    if (!own || !dAll) throw new RangeError("spread gates takes gates");
    const dOwn = zerosLike(own);
    sources.forEach((source, place) => {
      if (source < dOwn.data.length) dOwn.data[source] = at(dOwn.data, source) + at(dAll.data, place);
    });
    return [dOwn];
  },
};
