// Architectures: compared with a brute force on PyTorch's logits, and their guarantees on arbitrary logits.
import { VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelConfig } from "../config/config.ts";
import { LLAMA_DESIGN } from "../config/modelConfig.ts";
import { architectureOf, nextGateCost, type Architecture } from "./architecture.ts";
import { budgetOf, keptWeights, keptWeightsOfMasks, type Budget } from "./budget.ts";
import { gateLayout, type GateLayout, sharingOf } from "./gates.ts";

/** The smallest T(s): every vector keeps one gate (METHOD.md 1.5). */
const minimumWeights = (budget: Budget): number =>
  keptWeights(budget, new Array<number>(VECTORS_PER_BLOCK * budget.layers).fill(1));

const golden: ModelConfig = {
  family: "llama",
  modelType: "llama",
  layers: 3,
  dModel: 64,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  dMlp: 176,
  vocab: 512,
  context: 256,
  normEps: 1e-5,
  rope: { theta: 1e4 },
  tiedHead: true,
  glu: true,
  design: LLAMA_DESIGN,
  eosTokens: [1],
};
const tiny: ModelConfig = { ...golden, layers: 2, dModel: 5, heads: 1, kvHeads: 1, headDim: 2, dMlp: 7 };
const tinyBudget = budgetOf(tiny);
/** floor: the smallest ratio that can be met. */
const TINY = {
  layout: gateLayout(tiny),
  budget: tinyBudget,
  floor: minimumWeights(tinyBudget) / tinyBudget.blockWeights,
};

/** A float32 tensor from the file, without the safetensors reader, which has its own tests. */
function goldenTensor(name: string): Float32Array {
  const file = readFileSync("golden/llama/golden.safetensors");
  const headerLength = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, 8 + headerLength)) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const [begin, end] = header[name]?.data_offsets ?? [0, 0];
  return new Float32Array(Uint8Array.from(file.subarray(8 + headerLength + begin, 8 + headerLength + end)).buffer);
}

function flat(layout: GateLayout, vectors: readonly ArrayLike<number>[], padding = NaN): Float32Array {
  const logits = new Float32Array(layout.length).fill(padding);
  vectors.forEach((vector, i) => logits.set(Array.from(vector), layout.offsets[i] ?? 0));
  return logits;
}

/** Adds gates one by one from the largest logit down, as METHOD.md 1.5 describes, and stops at the first that does not fit. */
function bruteForce(vectors: readonly ArrayLike<number>[], budget: Budget, ratio: number): Uint8Array[] {
  const masks = vectors.map((x) => {
    const mask = new Uint8Array(x.length);
    mask[Array.from(x).indexOf(Math.max(...Array.from(x)))] = 1;
    return mask;
  });
  const ranked = vectors.flatMap((x, i) => Array.from(x, (value, gate) => ({ value, i, gate })));
  ranked.sort((a, b) => b.value - a.value);
  for (const { i, gate } of ranked) {
    const mask = masks[i] ?? new Uint8Array();
    if (mask[gate] === 1) continue;
    mask[gate] = 1;
    if (keptWeightsOfMasks(budget, masks) <= ratio * budget.blockWeights) continue;
    mask[gate] = 0;
    break;
  }
  return masks;
}

describe("an architecture of PyTorch's logits", () => {
  const layout = gateLayout(golden);
  const budget = budgetOf(golden);
  const vectors = layout.sizes.map((_, i) => goldenTensor(`hn.end.logits.${i}`));

  it.each([0.01, 0.1, 0.3, 0.5, 0.77, 0.9, 0.999])("keeps what the brute force keeps at p = %s", (ratio) => {
    const architecture = architectureOf(flat(layout, vectors), { layout, budget, ratio });
    expect(architecture.masks).toEqual(bruteForce(vectors, budget, ratio));
    expect(architecture.keptWeights).toBe(keptWeightsOfMasks(budget, architecture.masks));
    expect(architecture.keptWeights).toBeLessThanOrEqual(ratio * budget.blockWeights);
    expect(architecture.keptWeights).toBeGreaterThan(ratio * budget.blockWeights - 528);
  });

  it("keeps everything at p = 1", () => {
    const all = architectureOf(flat(layout, vectors), { layout, budget, ratio: 1 });
    expect(all.keptWeights).toBe(budget.blockWeights);
    expect(all.threshold).toBe(-Infinity);
  });

  it("keeps the gates above the threshold, x + 3 > t", () => {
    const { masks, threshold } = architectureOf(flat(layout, vectors), { layout, budget, ratio: 0.5 });
    masks.forEach((mask, i) => {
      const above = Uint8Array.from(vectors[i] ?? [], (x) => (x + 3 > threshold ? 1 : 0));
      if (above.includes(1)) expect(mask).toEqual(above);
    });
  });
});

describe("shared vectors", () => {
  const { layout, budget, floor } = TINY;
  const sharing = sharingOf({ gates: "constrained" }, layout);
  const own = fc.tuple(
    ...sharing.own.sizes.map((size) => fc.array(fc.integer({ min: -3, max: 3 }), { minLength: size, maxLength: size })),
  );

  it("keep or lose a gate in all places at once, also with ties, and the next gate would not fit", () => {
    fc.assert(
      fc.property(own, fc.double({ min: floor, max: 1, noNaN: true }), (x, ratio) => {
        const logits = flat(
          layout,
          sharing.shown.map((vector) => x[vector] ?? []),
        );
        const { masks, counts, ...found } = architectureOf(logits, { layout, budget, ratio, sharing });
        expect(found.keptWeights).toBe(keptWeightsOfMasks(budget, masks));
        expect(counts).toEqual(masks.map((mask) => mask.filter((bit) => bit === 1).length));
        expect(found.keptWeights).toBeLessThanOrEqual(found.targetWeights);
        const shownMasks = sharing.own.sizes.map(
          (_, vector) => masks[sharing.shown.indexOf(vector)] ?? new Uint8Array(),
        );
        sharing.shown.forEach((vector, i) => expect(masks[i]).toEqual(shownMasks[vector]));
        const next = bestPruned(
          x.map((vector) => Float32Array.from(vector)),
          { masks: shownMasks },
        );
        if (next === undefined) return;
        const grown = shownMasks.map((mask, vector) => {
          const more = mask.slice();
          if (vector === next) more[more.indexOf(0)] = 1;
          return more;
        });
        const more = sharing.shown.map((vector) => grown[vector] ?? new Uint8Array());
        expect(keptWeightsOfMasks(budget, more)).toBeGreaterThan(found.targetWeights);
      }),
    );
  });
});

describe("architectures of arbitrary logits", () => {
  const { layout, budget, floor } = TINY;
  // Small integers make ties, floats make extreme values.
  const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true, noDefaultInfinity: true }));
  const vectors = fc.tuple(...layout.sizes.map((size) => fc.array(value, { minLength: size, maxLength: size })));
  const anyRatio = fc.double({ min: floor, max: 1, noNaN: true });

  it("never exceed the budget, and the next gate would", () => {
    fc.assert(
      fc.property(vectors, anyRatio, (x, ratio) => {
        const rounded = x.map((vector) => Float32Array.from(vector));
        const result = architectureOf(flat(layout, rounded), { layout, budget, ratio });
        expect(result.keptWeights).toBe(keptWeightsOfMasks(budget, result.masks));
        expect(result.keptWeights).toBeLessThanOrEqual(result.targetWeights);
        expect(result.masks.every((mask) => mask.includes(1))).toBe(true);
        const next = bestPruned(rounded, result);
        if (next !== undefined) {
          expect(result.keptWeights + nextGateCost(budget, result.counts, next)).toBeGreaterThan(result.targetWeights);
        }
      }),
    );
  });

  it("are nested: a larger budget keeps every gate that a smaller one keeps", () => {
    fc.assert(
      fc.property(vectors, anyRatio, anyRatio, (x, a, b) => {
        const [small, large] = [Math.min(a, b), Math.max(a, b)].map((ratio) =>
          architectureOf(flat(layout, x), { layout, budget, ratio }),
        );
        small?.masks.forEach((mask, i) =>
          mask.forEach((bit, gate) => {
            if (bit === 1) expect(large?.masks[i]?.[gate]).toBe(1);
          }),
        );
      }),
    );
  });
});

describe("architectures of particular logits", () => {
  const { layout, budget, floor } = TINY;

  it("break ties by position: equal logits still meet the budget", () => {
    const equal = layout.sizes.map((size) => new Float32Array(size));
    const result = architectureOf(flat(layout, equal), { layout, budget, ratio: 0.5 });
    expect(result.masks).toEqual(bruteForce(equal, budget, 0.5));
    expect(result.targetWeights - result.keptWeights).toBeLessThan(2 * tiny.dModel + tiny.dModel);
    const signed = layout.sizes.map((size) => Float32Array.from({ length: size }, (_, i) => (i % 2 === 0 ? -0 : 0)));
    expect(architectureOf(flat(layout, signed), { layout, budget, ratio: 0.5 }).masks).toEqual(result.masks);
  });

  it("keep one gate per vector even if that is more than the budget", () => {
    const x = layout.sizes.map((size) => Float32Array.from({ length: size }, (_, i) => i));
    const result = architectureOf(flat(layout, x), { layout, budget, ratio: floor / 2 });
    expect(result.keptWeights).toBe(minimumWeights(budget));
    expect(result.keptWeights).toBeGreaterThan(result.targetWeights);
    result.masks.forEach((mask) => expect(mask.indexOf(1)).toBe(mask.length - 1));
  });

  it.each([NaN, Infinity, -Infinity])("refuse a logit that is %s and name its place", (bad) => {
    const x = layout.sizes.map((size) => new Float32Array(size));
    x[7]?.fill(bad, 3, 4);
    expect(() => architectureOf(flat(layout, x), { layout, budget, ratio: 0.5 })).toThrow(/gate 3 of s3 of block 1/);
  });

  it("refuse logits of another model", () => {
    expect(() => architectureOf(new Float32Array(3), { layout, budget, ratio: 0.5 })).toThrow(/expected 10 vectors/);
  });
});

describe("speed", () => {
  it("follows a slider: ten thousand gates within a frame, a million within a second", () => {
    const fast = fastestMs({ ...golden, layers: 8, dModel: 192, dMlp: 512 });
    const large = fastestMs({ ...golden, layers: 32, dModel: 4096, dMlp: 11008 }, 3);
    // Measured: 0.9 and 90 ms on two slow cores. The bounds allow for a busy machine.
    expect(fast).toBeLessThan(8);
    expect(large).toBeLessThan(1000);
  });
});

function fastestMs(config: ModelConfig, runs = 15): number {
  const layout = gateLayout(config);
  const budget = budgetOf(config);
  const logits = Float32Array.from({ length: layout.length }, (_, i) => Math.sin(i * 12.9898) * 5);
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    architectureOf(logits, { layout, budget, ratio: 0.5 });
    return performance.now() - start;
  });
  return Math.min(...times);
}

/** The vector of the pruned gate with the largest logit; the first of equal ones. */
function bestPruned(vectors: readonly Float32Array[], { masks }: Pick<Architecture, "masks">): number | undefined {
  let best = { value: -Infinity, vector: -1 };
  vectors.forEach((x, vector) =>
    x.forEach((value, gate) => {
      if (masks[vector]?.[gate] === 0 && value > best.value) best = { value, vector };
    }),
  );
  return best.vector < 0 ? undefined : best.vector;
}
