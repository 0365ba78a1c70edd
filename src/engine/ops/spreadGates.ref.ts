// Reference of copying shared gates to their places.
import { at, type OpRef, randomInts, randomRef, refTensor, zerosLike } from "./kit/ref.ts";

interface Params {
  /** The gate of each place; `own` and above is padding. */
  sources: readonly number[];
}

const spreadCase = (own: number, all: number, name = `${own} gates in ${all} places`) => ({
  name,
  // one more than the number of gates, so that some places are padding
  params: { sources: [...randomInts(2, [all], own + 1).data] },
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
    { ...spreadCase(4, 6), name: "only padding", params: { sources: [4, 4, 4, 4, 4, 4] } },
  ],
  forward([own], { sources }) {
    if (!own) throw new RangeError("spreadGates takes gates");
    const { data } = own;
    return [
      refTensor(
        [sources.length],
        Float64Array.from(sources, (source) => (source < data.length ? at(data, source) : 0)),
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
