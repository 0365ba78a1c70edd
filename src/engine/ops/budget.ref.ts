// References of the budget: the penalty with its gradient, and the counts, which have none.
import type { PenaltyCosts } from "../masks/budget.ts";
import { layoutOf } from "../masks/gates.ts";
import { at, type OpCase, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

type Params = { sizes: readonly number[]; costs: PenaltyCosts; ratio: number };

/** A model with dq = d and dkv = d / 2. */
interface Shape {
  layers: number;
  d: number;
  f: number;
  /** 2 for a GLU (the default), else 1. */
  ups?: number;
}

const sizesOf = ({ layers, d, f }: Shape): number[] => Array.from({ length: layers }, () => [d, d, d, f, d]).flat();

function costsOf({ layers, d, f, ups = 2 }: Shape): PenaltyCosts {
  const [dq, dkv] = [d, d / 2];
  const blockWeights = layers * d * (2 * dq + 2 * dkv + (ups + 1) * f);
  return { s1Cost: dq + 2 * dkv, s2Cost: dq, ups, blockWeights };
}

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

/** dT/ds of a gate of the vector. */
function costOfGate(counts: readonly number[], vector: number, costs: PenaltyCosts): number {
  const of = (k: number): number => counts[vector - (vector % 5) + k] ?? 0;
  const all = [costs.s1Cost, costs.s2Cost, costs.ups * of(3), costs.ups * of(2) + of(4), of(3)];
  return all[vector % 5] ?? 0;
}

/** A gate from a number in (0, 1). */
type GateOf = (random: number) => number;
const soft: GateOf = (u) => u;
const onBelow =
  (limit: number): GateOf =>
  (u) =>
    u < limit ? 1 : 0;

function gatesCase(name: string, ratio: number, shape: Shape, gateOf: GateOf): OpCase<Params> {
  const sizes = sizesOf(shape);
  const inputs = (): RefTensor[] => {
    const random = randomRef(1, [layoutOf(sizes).length]);
    return [
      refTensor(
        random.shape,
        random.data.map((value) => Math.fround(gateOf((value + 1) / 2))),
      ),
    ];
  };
  return { name, params: { sizes, ratio, costs: costsOf(shape) }, inputs };
}

const cases: OpCase<Params>[] = [
  gatesCase("binary L3", 0.5, { layers: 3, d: 64, f: 176 }, onBelow(0.7)),
  gatesCase("soft L2", 0.5, { layers: 2, d: 62, f: 65 }, soft),
  gatesCase("below the target", 0.9, { layers: 2, d: 64, f: 128 }, onBelow(0.5)),
  gatesCase("no GLU", 0.3, { layers: 1, d: 64, f: 130, ups: 1 }, soft),
  gatesCase("one block of d = 4", 0.2, { layers: 1, d: 4, f: 6 }, soft),
  gatesCase("more blocks than lanes", 0.5, { layers: 70, d: 4, f: 6 }, soft),
  gatesCase("dense", 0.5, { layers: 3, d: 64, f: 176 }, () => 1),
  gatesCase("nothing kept", 0.5, { layers: 3, d: 64, f: 176 }, () => 0),
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

/** T and |s|, which must be exact integers for binary gates. */
export const countsRef: OpRef<Params> = {
  name: "budget: counts",
  cases: [cases[0], cases[2], cases[6], cases[7]].filter((one) => one !== undefined),
  tolerance: 0,
  forward(inputs, params) {
    const { counts, kept } = count(inputs, params);
    return [refTensor([1], Float64Array.of(kept)), refTensor([counts.length], Float64Array.from(counts))];
  },
};
