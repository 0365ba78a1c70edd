// Nestedness counted by hand, and nested architectures of arbitrary logits: inside each other, each within its budget.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { architectureOf } from "./architecture.ts";
import { type Budget, keptWeightsOfMasks } from "./budget.ts";
import { layoutOf } from "./gates.ts";
import { listsInside, nestedArchitectures, nestednessOf } from "./nestedness.ts";

const SIZES = [5, 5, 5, 7, 5, 5, 5, 5, 7, 5];
const layout = layoutOf(SIZES);
/** A GLU of two blocks: dq = dkv = 2. */
const BLOCK = 5 * 6 + 5 * 2 + 2 * 5 * 7 + 7 * 5;
const budget: Budget = {
  ...{ layers: 2, s1Cost: 6, s2Cost: 2, ups: 2, biasesPerGate: [0, 0, 0, 0, 0], cutBiases: 0 },
  ...{ blockWeights: 2 * BLOCK, restWeights: 0, totalWeights: 2 * BLOCK },
};
const masks = (...rows: string[]): Uint8Array[] => rows.map((row) => Uint8Array.from(row, Number));

describe("nestednessOf", () => {
  it("counts the gates that a smaller architecture keeps and the next larger one does not", () => {
    const small = masks("1100", "10");
    const middle = masks("1010", "11");
    const large = masks("1111", "01");
    expect(nestednessOf([small, middle, large])).toEqual({ broken: 2, of: 7 });
    expect(nestednessOf([small])).toEqual({ broken: 0, of: 0 });
  });
});

const anyLogits = fc.array(fc.float({ noNaN: true, min: -8, max: 8 }), {
  minLength: layout.length,
  maxLength: layout.length,
});
const anyRatio = fc.double({ min: 0.35, max: 0.95, noNaN: true });

describe("nestedArchitectures", () => {
  it("are inside each other, each within its own budget", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyRatio, anyLogits), { minLength: 1, maxLength: 4 }), (made) => {
        const given = made.map(([ratio, values]) => ({ ratio, logits: Float32Array.from(values) }));
        const found = nestedArchitectures(given, layout, budget);
        const order = given.map((_, i) => i).sort((a, b) => (given[a]?.ratio ?? 0) - (given[b]?.ratio ?? 0));
        expect(nestednessOf(order.map((i) => found[i]?.masks ?? [])).broken).toBe(0);
        found.forEach((one, i) => {
          expect(keptWeightsOfMasks(budget, one.masks)).toBe(one.keptWeights);
          expect(one.keptWeights).toBeLessThanOrEqual((given[i]?.ratio ?? 0) * budget.blockWeights);
        });
      }),
    );
  });

  it("are those of architectureOf if all ratios have the same logits", () => {
    const logits = Float32Array.from({ length: layout.length }, (_, i) => Math.sin(37 * i));
    const ratios = [0.4, 0.9, 0.6];
    const found = nestedArchitectures(
      ratios.map((ratio) => ({ ratio, logits })),
      layout,
      budget,
    );
    ratios.forEach((ratio, i) =>
      expect(found[i]?.masks).toEqual(architectureOf(logits, { layout, budget, ratio }).masks),
    );
  });

  it("need at least one ratio", () => {
    expect(() => nestedArchitectures([], layout, budget)).toThrow(/got none/);
  });
});

describe("listsInside", () => {
  it("gives positions among the kept gates of the larger architecture", () => {
    expect(listsInside(masks("10111", "01"), masks("00101", "01"))).toEqual([Uint32Array.of(1, 3), Uint32Array.of(0)]);
  });
  it("refuses a gate that the larger architecture prunes", () => {
    expect(() => listsInside(masks("10"), masks("01"))).toThrow(/gate 1 of vector 0/);
  });
});
