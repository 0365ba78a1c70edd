// On what the ops of the hypernetwork and of its training are timed.
import { layoutOf } from "../../engine/masks/gates.ts";
import { adamWRef } from "../../engine/ops/adamW.ref.ts";
import { binarizeRef, gumbelSoftRef } from "../../engine/ops/binarize.ref.ts";
import { budgetRef, countsRef } from "../../engine/ops/budget.ref.ts";
import { geluRef } from "../../engine/ops/gelu.ref.ts";
import { gruRef } from "../../engine/ops/gru.ref.ts";
import { headsRef } from "../../engine/ops/heads.ref.ts";
import { layerNormGeluRef, layerNormRef } from "../../engine/ops/layerNorm.ref.ts";
import { linearTrainedRef } from "../../engine/ops/linearTrained.ref.ts";
import { noiseRef } from "../../engine/ops/noise.ref.ts";
import { matmulFlop } from "../matmulWork.ts";
import { positive, type Timed, timedCase, type TimedSizes, values } from "./timedCase.ts";

/** The selection vectors of all blocks. */
const vectorsOf = ({ blocks, d, f }: TimedSizes): number[] =>
  Array.from({ length: blocks }, () => [d, d, d, f, d]).flat();

/** Gates of all vectors, padding included. */
const gatesOf = (sizes: TimedSizes): number => layoutOf(vectorsOf(sizes)).length;

/** The inputs of both directions, then weight and bias of each. */
const gruInputs = (steps: number, hidden: number) => {
  const direction = [values(3 * hidden, hidden), values(3 * hidden)];
  return [values(steps, 3 * hidden), values(steps, 3 * hidden), ...direction, ...direction];
};

/** Costs of a model with a gated MLP, whose attention has a key and value head for each query head. */
const costsOf = ({ blocks, d, f }: TimedSizes) => ({
  ...{ s1Cost: 3 * d, s2Cost: d, ups: 2 },
  blockWeights: blocks * d * (4 * d + 3 * f),
});

export const hypernetCases: readonly Timed[] = [
  timedCase(linearTrainedRef, (sizes) => {
    const [m, n, k] = [vectorsOf(sizes).length, 3 * sizes.hidden, 2 * sizes.hidden];
    return { inputs: [values(m, k), values(n, k), values(n)], params: {}, flop: matmulFlop(m, n, k) };
  }),
  // per step and direction, the hidden state times the weights of three gates
  timedCase(gruRef, ({ blocks, hidden }) => ({
    ...{ inputs: gruInputs(5 * blocks, hidden), params: {} },
    flop: 2 * matmulFlop(5 * blocks, 3 * hidden, hidden),
  })),
  ...[layerNormRef, layerNormGeluRef].map((ref) =>
    timedCase(ref, ({ rows, d }) => ({
      inputs: [values(rows, d), values(d), values(d)],
      params: { eps: 1e-5, frozen: false },
    })),
  ),
  timedCase(geluRef, ({ rows, f }) => ({ inputs: [values(rows, f)], params: {} })),
  timedCase(headsRef, (sizes) => {
    const vectors = vectorsOf(sizes);
    return {
      inputs: [values(vectors.length, sizes.hidden), values(gatesOf(sizes), sizes.hidden)],
      params: { sizes: vectors },
    };
  }),
  timedCase(noiseRef, (sizes) => ({ inputs: [], params: { sizes: vectorsOf(sizes), seed: 1, step: 0, draw: 0 } })),
  ...[
    { ref: binarizeRef, estimator: "reinmax" as const },
    { ref: gumbelSoftRef, estimator: "gumbel-soft" as const },
  ].map(({ ref, estimator }) =>
    timedCase(ref, (sizes) => ({
      inputs: [values(gatesOf(sizes)), positive(gatesOf(sizes))],
      params: { sizes: vectorsOf(sizes), estimator },
    })),
  ),
  ...[budgetRef, countsRef].map((ref) =>
    timedCase(ref, (sizes) => ({
      inputs: [positive(gatesOf(sizes))],
      params: { sizes: vectorsOf(sizes), costs: costsOf(sizes), ratio: 0.5 },
    })),
  ),
  timedCase(adamWRef, ({ d, f }) => {
    const n = (d * f) / 2;
    const options = { lr: 0, weightDecay: 0, beta1: 0.9, beta2: 0.999, eps: 1e-8 };
    return {
      inputs: [values(n), values(n), positive(n), values(1, n)],
      params: { ...options, first: 0, steps: 1, rate: 1 },
    };
  }),
];
