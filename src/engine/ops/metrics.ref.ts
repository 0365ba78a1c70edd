// Reference of the ring of metrics: one slot is replaced, and no bit may differ.
import { at, type OpCase, type OpRef, randomRef, refTensor } from "./kit/ref.ts";

interface Params {
  step: number;
  /** Exact in f32. */
  ratio: number;
}

const COLUMNS = 4;

const ringCase = (slots: number, params: Params): OpCase<Params> => ({
  name: `step ${params.step} of ${slots} slots`,
  params,
  inputs: () => [randomRef(1, [1]), randomRef(2, [1]), randomRef(3, [1], 1e6), randomRef(4, [slots, COLUMNS])],
});

export const metricsRef: OpRef<Params> = {
  name: "metrics",
  tolerance: 0,
  cases: [
    ringCase(1, { step: 0, ratio: 1 }),
    ringCase(4, { step: 3, ratio: 0.5 }),
    ringCase(4, { step: 4, ratio: 0.75 }),
    ringCase(1024, { step: 100_000, ratio: 0.125 }),
  ],
  forward([loss, penalty, kept, ring], { step, ratio }) {
    if (!loss || !penalty || !kept || !ring)
      throw new RangeError("metrics take loss, penalty, kept weights and the ring");
    const [slots = 1] = ring.shape;
    const after = refTensor(ring.shape, ring.data.slice());
    const numbers = [at(loss.data, 0), at(penalty.data, 0), at(kept.data, 0), ratio];
    after.data.set(numbers, (step % slots) * COLUMNS);
    return [after];
  },
};
