// Reference of AdamW, over several steps.
import type { AdamWOptions } from "./adamW.ts";
import { at, type OpRef, randomRef, refTensor } from "./kit/ref.ts";

/** first, rate: the step state's step at the first update, and its rate. Inputs: theta, m, v (n), and one gradient per step (steps, n). */
type Params = AdamWOptions & { first: number; steps: number; rate: number };

const usual: AdamWOptions = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.05 };

const updateCase = (
  name: string,
  n: number,
  steps: number,
  { first = 0, scale = 1, options = usual, rate = 1 } = {},
) => ({
  name,
  params: { ...options, first, steps, rate },
  inputs: () => {
    const moments =
      first === 0 ? [refTensor([n]), refTensor([n])] : [randomRef(2, [n], scale), randomRef(3, [n], scale ** 2)];
    moments[1]?.data.forEach((value, i, all) => (all[i] = Math.abs(value)));
    return [randomRef(1, [n]), ...moments, randomRef(4, [steps, n], scale)];
  },
});

export const adamWRef: OpRef<Params> = {
  name: "adamW",
  cases: [
    updateCase("N1", 1, 1),
    updateCase("N4097", 4097, 1),
    updateCase("N1020", 1020, 1, { first: 7 }),
    updateCase("N1024, 5 steps", 1024, 5),
    updateCase("N1088, 3 steps", 1088, 3, { first: 1 }),
    updateCase("N64, 3 steps from 299", 64, 3, { first: 299 }),
    updateCase("N64 after 100,000 steps", 64, 1, { first: 100_000 }),
    updateCase("1e-6 gradients", 64, 2, { scale: 1e-6 }),
    updateCase("lr 0.01, no decay", 64, 3, { options: { ...usual, lr: 0.01, weightDecay: 0 } }),
    updateCase("N64, 2 steps at a rate of 0.25", 64, 2, { rate: 0.25 }),
    {
      name: "zeros",
      params: { ...usual, first: 0, steps: 1, rate: 1 },
      inputs: () => [[64], [64], [64], [1, 64]].map((s) => refTensor(s)),
    },
  ],
  forward([theta, m, v, grads], { lr: full, beta1, beta2, eps, weightDecay, first, steps, rate }) {
    if (!theta || !m || !v || !grads) throw new RangeError("adamW takes theta, m, v and gradients");
    const out = [theta, m, v].map(({ shape, data }) => refTensor(shape, data.slice()));
    const [p = theta, m1 = m, v1 = v] = out;
    const n = theta.data.length;
    const lr = rate * full;
    for (let step = 0; step < steps; step++) {
      const t = first + step + 1;
      for (let i = 0; i < n; i++) {
        const g = at(grads.data, step * n + i);
        const mean = beta1 * at(m1.data, i) + (1 - beta1) * g;
        const square = beta2 * at(v1.data, i) + (1 - beta2) * g * g;
        m1.data[i] = mean;
        v1.data[i] = square;
        const denominator = Math.sqrt(square / (1 - beta2 ** t)) + eps;
        p.data[i] = at(p.data, i) * (1 - lr * weightDecay) - ((lr / (1 - beta1 ** t)) * mean) / denominator;
      }
    }
    return out;
  },
};
