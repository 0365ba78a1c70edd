// Architectures of s4 alone, and with MLP widths in multiples: compared with a brute force, and their guarantees on arbitrary logits.
import fc from "fast-check";
import { expect, it } from "vitest";
import { VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import type { ModelConfig } from "../config/config.ts";
import { LLAMA_DESIGN } from "../config/modelConfig.ts";
import { DEFAULT_RECIPE, type GateMode } from "../recipes/recipe.ts";
import { architectureOf } from "./architecture.ts";
import { budgetOf, countsOf, keptWeights, keptWeightsOfMasks } from "./budget.ts";
import { flatten, gateLayout, KEPT_LOGIT, type Masks, sharingOf } from "./gates.ts";
import { nestedArchitectures, nestednessOf } from "./nestedness.ts";
import { checkReachable, lowestRatio } from "./reachable.ts";

const S4 = 3;
const config: ModelConfig = {
  ...{ family: "llama", modelType: "llama", layers: 2, dModel: 6, heads: 1, kvHeads: 1, headDim: 4, dMlp: 20 },
  ...{ vocab: 8, context: 16, normEps: 1e-5, rope: { theta: 1e4 }, tiedHead: true, glu: true, design: LLAMA_DESIGN },
  eosTokens: [1],
};
const layout = gateLayout(config);
const budget = budgetOf(config);
const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true, min: -100, max: 100 }));
const vectors = fc.tuple(...layout.sizes.map((size) => fc.array(value, { minLength: size, maxLength: size })));
// 20 is a multiple of 1 and 4; of 8 it is not, so the last group has 4 gates; 32 is wider than the MLP
const multiple = fc.constantFrom(1, 4, 8, 32);
const gates = fc.constantFrom<GateMode>("full", "mlp", "constrained", "mlp-no-gru");
const ratioOf = fc.double({ min: 0, max: 1, noNaN: true });

/** The gates of each vector in groups by rank, best first, with the logit that the group ranks by. */
function groupsOf(x: readonly number[], size: number): { gates: number[]; logit: number }[] {
  const logit = (gate: number): number => x[gate] ?? NaN;
  const order = [...x.keys()].sort((a, b) => logit(b) - logit(a) || a - b);
  return Array.from({ length: Math.ceil(order.length / size) }, (_, group) => {
    const members = order.slice(group * size, (group + 1) * size);
    return { gates: members, logit: logit(members[Math.ceil(members.length / 2) - 1] ?? NaN) };
  });
}

/** Adds s4's groups one by one, from the one with the largest logit down, and stops at the first that does not fit. */
function bruteForce(x: readonly (readonly number[])[], width: number, target: number): Masks {
  const masks = layout.sizes.map((size) => new Uint8Array(size).fill(1));
  const groups = x.flatMap((vector, i) =>
    i % VECTORS_PER_BLOCK === S4 ? groupsOf(vector, width).map((group, rank) => ({ ...group, i, rank })) : [],
  );
  for (const { i } of groups) masks[i]?.fill(0);
  const fill = ({ i, gates: members }: (typeof groups)[number], bit: number): void =>
    members.forEach((gate) => masks[i]?.fill(bit, gate, gate + 1));
  for (const group of groups) if (group.rank === 0) fill(group, 1);
  const others = groups
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.logit - a.logit || a.i - b.i || a.rank - b.rank);
  for (const group of others) {
    fill(group, 1);
    if (keptWeightsOfMasks(budget, masks) <= target) continue;
    fill(group, 0);
    break;
  }
  return masks;
}

it("with gates mlp only s4 loses gates, as the brute force does, in multiples and within the budget", () => {
  fc.assert(
    fc.property(vectors, multiple, fc.constantFrom<GateMode>("mlp", "mlp-no-gru"), ratioOf, (x, width, mode, above) => {
      const rounded = x.map((vector) => [...Float32Array.from(vector)]);
      const sharing = { ...sharingOf({ gates: mode }, layout), widthMultiple: width };
      const least = layout.sizes.map((size, i) => (i % VECTORS_PER_BLOCK === S4 ? Math.min(width, size) : size));
      const lowest = keptWeights(budget, least) / budget.blockWeights;
      const ratio = lowest + above * (1 - lowest);
      const found = architectureOf(flatten(layout, rounded), { layout, budget, ratio, sharing });
      expect(found.masks).toEqual(bruteForce(rounded, width, found.targetWeights));
      expect(found.counts).toEqual(countsOf(found.masks));
      expect(found.keptWeights).toBe(keptWeights(budget, found.counts));
      expect(found.keptWeights).toBeLessThanOrEqual(found.targetWeights);
    }),
  );
});

it("every MLP width is a multiple, or the full width, and never 0; the budget is missed by less than one group or gate", () => {
  fc.assert(
    fc.property(vectors, multiple, gates, ratioOf, (x, width, mode, above) => {
      const sharing = { ...sharingOf({ gates: mode }, layout), widthMultiple: width };
      const spread = sharing.shown.map((vector, i) => x[sharing.shown.indexOf(vector)] ?? x[i] ?? []);
      const logits = flatten(
        layout,
        spread.map((vector, i) => vector.slice(0, layout.sizes[i])),
      );
      const ratio = Math.max(0.4, above);
      const found = architectureOf(logits, { layout, budget, ratio, sharing });
      const widths = found.counts.filter((_, i) => i % VECTORS_PER_BLOCK === S4);
      for (const count of widths) {
        expect(count).toBeGreaterThan(0);
        if (count !== config.dMlp) expect(count % width).toBe(0);
      }
      expect(found.counts).toEqual(countsOf(found.masks));
      if (found.keptWeights > found.targetWeights) {
        // only the least that stays in any case
        expect(widths).toEqual(widths.map(() => Math.min(width, config.dMlp)));
      } else {
        const group = width * (budget.ups * config.dModel + config.dModel);
        const shared = mode === "constrained" ? config.layers : 1;
        const single = shared * (budget.s1Cost + budget.s2Cost + (budget.ups + 1) * config.dMlp);
        if (found.keptWeights < budget.blockWeights)
          expect(found.targetWeights - found.keptWeights).toBeLessThan(Math.max(group, single));
      }
    }),
  );
});

it("architectures in multiples are nested, by one threshold and across ratios with logits of their own", () => {
  fc.assert(
    fc.property(vectors, vectors, multiple, ratioOf, ratioOf, (x, y, width, a, b) => {
      const sharing = { ...sharingOf({ gates: "mlp" }, layout), widthMultiple: width };
      const made = [
        { ratio: Math.max(0.4, Math.min(a, b)), logits: flatten(layout, x) },
        { ratio: Math.max(0.4, a, b), logits: flatten(layout, y) },
      ];
      const nested = nestedArchitectures(made, layout, budget, sharing);
      expect(nestednessOf(nested.map(({ masks }) => masks)).broken).toBe(0);
      for (const { counts } of nested)
        for (const count of counts.filter((_, i) => i % VECTORS_PER_BLOCK === S4))
          if (count !== config.dMlp) expect(count % width).toBe(0);
      const same = made.map(
        ({ ratio }) => architectureOf(flatten(layout, x), { layout, budget, ratio, sharing }).masks,
      );
      expect(nestednessOf(same).broken).toBe(0);
    }),
  );
});

it("the lowest ratio is what attention and one group per MLP take, rounded up, and less is refused with it", () => {
  const mlp = { ...DEFAULT_RECIPE, gates: "mlp" as const };
  // attention: 6 x 12 + 4 x 6 = 96, MLP: 3 x 6 x 20 = 360, one neuron: 18
  expect(lowestRatio(config, mlp)).toBe(Math.ceil((1000 * (96 + 18)) / 456) / 1000);
  expect(lowestRatio(config, { ...mlp, widthMultiple: 8 })).toBe(Math.ceil((1000 * (96 + 8 * 18)) / 456) / 1000);
  expect(lowestRatio(config, { ...mlp, widthMultiple: 32 })).toBe(1);
  expect(lowestRatio({ ...config, dModel: 600, dMlp: 2000 }, DEFAULT_RECIPE)).toBe(0.05);
  expect(() => checkReachable(config, { ...mlp, ratio: 0.25 })).not.toThrow();
  expect(() => checkReachable(config, { ...mlp, ratio: 0.249 })).toThrow(
    "keep: expected a ratio from 0.25 to 1, got 0.249. With gates mlp only s4 is pruned, so attention and at least 1 of each MLP's dimensions stay. Raise it, or choose gates full.",
  );
  expect(() => checkReachable(config, { ...mlp, ratioMode: "every", ratioFrom: 0.1 })).toThrow(
    "keepFrom: expected a ratio from 0.25 to 1, got 0.1.",
  );
  const wide = { ...DEFAULT_RECIPE, widthMultiple: 8 as const, ratio: 0.05 };
  expect(() => checkReachable({ ...config, dMlp: 9 }, wide)).toThrow(/Raise it, or lower widthMultiple/);
});

it("gates that are not pruned have a logit that is on for every estimator", () => {
  const sigmoid = (x: number): number => Math.fround(1 / (1 + Math.exp(-x)));
  const largestNoise = 1 - 2 ** -24;
  expect(sigmoid(KEPT_LOGIT + 3)).toBe(1);
  // the Gumbel noise of the smallest u
  const gumbel = -Math.log(-Math.log(2 ** -24));
  expect(sigmoid((KEPT_LOGIT + gumbel + 3) / 0.4)).toBe(1);
  expect(largestNoise).toBeLessThan(1);
});
