// References of the budget: the penalty with its gradient, and the counts, which have none.
import { layoutOf } from "../masks/gates.ts";
import type { BudgetCosts } from "./budget.ts";
import { at, type OpCase, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

type Params = { sizes: readonly number[]; costs: BudgetCosts; ratio: number };

const blocks = (count: number, d: number, f: number): number[] =>
  Array.from({ length: count }, () => [d, d, d, f, d]).flat();

const costsOf = (count: number, d: number, f: number, dq: number, dkv: number, ups: number): BudgetCosts => ({
  s1Cost: dq + 2 * dkv,
  s2Cost: dq,
  ups,
  blockWeights: count * d * (2 * dq + 2 * dkv + (ups + 1) * f),
});

/** |s| of each vector, and T. */
function count([gates]: readonly RefTensor[], { sizes, costs }: Params): { counts: number[]; kept: number } {
  if (!gates) throw new RangeError("budget takes gates");
  const { offsets } = layoutOf(sizes);
  const counts = sizes.map((size, vector) => {
    const first = offsets[vector] ?? 0;
    return gates.data.subarray(first, first + size).reduce((sum, gate) => sum + gate, 0);
  });
  let kept = 0;
  for (let i = 0; i < counts.length; i += 5) {
    const [n1 = 0, n2 = 0, n3 = 0, n4 = 0, n5 = 0] = counts.slice(i, i + 5);
    kept += n1 * costs.s1Cost + n2 * costs.s2Cost + n4 * (costs.ups * n3 + n5);
  }
  return { counts, kept };
}

function costOfGate(counts: readonly number[], vector: number, costs: BudgetCosts): number {
  const of = (k: number): number => counts[vector - (vector % 5) + k] ?? 0;
  const all = [costs.s1Cost, costs.s2Cost, costs.ups * of(3), costs.ups * of(2) + of(4), of(3)];
  return all[vector % 5] ?? 0;
}

const gatesCase = (
  name: string,
  d: number,
  f: number,
  layers: number,
  ratio: number,
  of: (random: number) => number,
  ups = 2,
) => {
  const sizes = blocks(layers, d, f);
  return {
    name,
    params: { sizes, ratio, costs: costsOf(layers, d, f, d, d / 2, ups) },
    inputs: () => {
      const gates = randomRef(1, [layoutOf(sizes).length]);
      return [
        refTensor(
          gates.shape,
          gates.data.map((value) => Math.fround(of((value + 1) / 2))),
        ),
      ];
    },
  };
};

const cases: OpCase<Params>[] = [
  gatesCase("binary L3", 64, 176, 3, 0.5, (u) => (u < 0.7 ? 1 : 0)),
  gatesCase("soft L2", 62, 65, 2, 0.5, (u) => u),
  gatesCase("below the target", 64, 128, 2, 0.9, (u) => (u < 0.5 ? 1 : 0)),
  gatesCase("no GLU", 64, 130, 1, 0.3, (u) => u, 1),
  gatesCase("one block of d = 4", 4, 6, 1, 0.2, (u) => u),
  gatesCase("more blocks than lanes", 4, 6, 70, 0.5, (u) => u),
  gatesCase("dense", 64, 176, 3, 0.5, () => 1),
  gatesCase("nothing kept", 64, 176, 3, 0.5, () => 0),
];

export const budgetRef: OpRef<Params> = {
  name: "budget",
  cases,
  forward(inputs, params) {
    const { kept } = count(inputs, params);
    const penalty = Math.abs(Math.log(Math.max(kept, 1) / (params.ratio * params.costs.blockWeights)));
    return [refTensor([1], Float64Array.of(penalty))];
  },
  backward(inputs, params, [dPenalty]) {
    const [gates] = inputs;
    if (!gates || !dPenalty) throw new RangeError("budget takes gates and has one output");
    const { counts, kept } = count(inputs, params);
    const { sizes, ratio, costs } = params;
    const { offsets } = layoutOf(sizes);
    const slope = kept < 1 ? 0 : (at(dPenalty.data, 0) * Math.sign(kept - ratio * costs.blockWeights)) / kept;
    const dGates = zerosLike(gates);
    sizes.forEach((size, vector) => {
      const first = offsets[vector] ?? 0;
      dGates.data.fill(slope * costOfGate(counts, vector, costs), first, first + size);
    });
    return [dGates];
  },
};

/** T and |s|: of binary gates they must be exact integers. */
export const keptRef: OpRef<Params> = {
  name: "budget counts",
  cases: [cases[0], cases[2], cases[6], cases[7]].filter((one) => one !== undefined),
  tolerance: 0,
  forward(inputs, params) {
    const { counts, kept } = count(inputs, params);
    return [refTensor([1], Float64Array.of(kept)), refTensor([counts.length], Float64Array.from(counts))];
  },
};
