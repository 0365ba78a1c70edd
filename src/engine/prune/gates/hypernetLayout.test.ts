// The flat layout of the hypernetwork: alignment, PyTorch's initialisation, and refusal of wrong sizes.
import { describe, expect, test } from "vitest";
import { EngineError } from "../../errors.ts";
import { sizeOf } from "../../tensor.ts";
import { layoutOf } from "../../masks/gates.ts";
import { hypernetLayout, initialInputs, initialTheta, namedOf, ratioFeatures, thetaOf } from "./hypernetLayout.ts";

const gates = layoutOf([64, 70, 64, 100, 3]);
const layout = hypernetLayout(gates);

describe("layout", () => {
  test("tensors start on 64 floats and do not overlap", () => {
    let end = 0;
    for (const { start, shape } of layout.tensors) {
      expect(start % 64).toBe(0);
      expect(start).toBeGreaterThanOrEqual(end);
      end = start + sizeOf(shape);
    }
    expect(layout.length).toBeGreaterThanOrEqual(end);
    expect(layout.length % 64).toBe(0);
  });

  test("has PyTorch's parameters and no more", () => {
    const parameters = layout.named.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    expect(parameters).toBe(2 * (192 * 32 + 192 * 64 + 2 * 192) + 2 * 128 + (64 + 70 + 64 + 100 + 3) * 128);
    expect(layout.named.map(({ name }) => name)).toContain("gru.weight_hh_l0_reverse");
    expect(layout.named.at(-1)).toMatchObject({ name: "heads.4.weight", shape: [3, 128] });
  });
});

describe("for every ratio", () => {
  const every = hypernetLayout(gates, true);

  test("has the embedding of PyTorch's nn.Sequential after the other parameters", () => {
    expect(every.named.slice(layout.named.length)).toMatchObject([
      { name: "ratio.0.weight", shape: [32, 8] },
      { name: "ratio.0.bias", shape: [32] },
      { name: "ratio.2.weight", shape: [32, 32] },
      { name: "ratio.2.bias", shape: [32] },
    ]);
  });

  test("starts with the same values as without it, and the embedding within its bounds", () => {
    const theta = initialTheta(every, 5);
    expect(theta.slice(0, layout.length)).toEqual(initialTheta(layout, 5));
    const named = namedOf(every, theta);
    const largest = (name: string): number => Math.max(...(named.get(name) ?? []).map(Math.abs));
    for (const [name, inputs] of [
      ["ratio.0", 8],
      ["ratio.2", 32],
    ] as const) {
      expect(largest(`${name}.weight`) * Math.sqrt(inputs)).toBeLessThan(1);
      expect(largest(`${name}.weight`) * Math.sqrt(inputs)).toBeGreaterThan(0.9);
      expect(largest(`${name}.bias`)).toBeGreaterThan(0);
    }
  });

  test("features are cosines of multiples of pi times the ratio", () => {
    expect([...ratioFeatures(0.5)].map((value) => Math.round(value * 1e6) / 1e6 + 0)).toEqual([
      1, 0, -1, 0, 1, 0, -1, 0,
    ]);
    expect(ratioFeatures(1 / 3)[1]).toBeCloseTo(0.5, 6);
  });
});

describe("initialisation", () => {
  const theta = initialTheta(layout, 5);

  test("is uniform within PyTorch's bounds", () => {
    for (const [name, values] of namedOf(layout, theta)) {
      if (name === "norm.weight") expect(new Set(values)).toEqual(new Set([1]));
      else if (name === "norm.bias") expect(new Set(values)).toEqual(new Set([0]));
      else {
        const bound = name.startsWith("gru.") ? 1 / 8 : 1 / Math.sqrt(128);
        expect(Math.max(...values.map(Math.abs)), name).toBeLessThan(bound);
        const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
        expect(Math.sqrt(3 * variance) / bound, name).toBeCloseTo(1, 0);
      }
    }
  });

  test("differs by seed and parameter, and repeats", () => {
    expect(initialTheta(layout, 5)).toEqual(theta);
    expect(initialTheta(layout, 6)).not.toEqual(theta);
    const named = namedOf(layout, theta);
    expect(named.get("heads.0.weight")).not.toEqual(named.get("heads.2.weight"));
  });

  test("leaves padding at 0", () => {
    expect(theta.reduce((count, value) => count + (value === 0 ? 1 : 0), 0)).toBe(
      layout.length - layout.named.reduce((sum, { shape }) => sum + sizeOf(shape), 0) + 128,
    );
  });

  test("z is standard normal", () => {
    const z = initialInputs(layoutOf(Array.from({ length: 40 }, () => 8)), 3);
    expect(z).toHaveLength(40 * 32);
    const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
    const variance = z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / z.length;
    expect(Math.abs(mean)).toBeLessThan(0.1);
    expect(Math.abs(variance - 1)).toBeLessThan(0.15);
  });
});

describe("named parameters", () => {
  test("survive a round trip", () => {
    const named = namedOf(layout, initialTheta(layout, 1));
    expect(namedOf(layout, thetaOf(layout, named))).toEqual(named);
  });

  test("are refused by name if one is missing or has another size", () => {
    const named = namedOf(layout, initialTheta(layout, 1));
    named.delete("norm.bias");
    expect(() => thetaOf(layout, named)).toThrow(EngineError);
    expect(() => thetaOf(layout, named)).toThrow(/norm\.bias: expected 128 values, got none/);
    named.set("norm.bias", new Float32Array(7));
    expect(() => thetaOf(layout, named)).toThrow(/norm\.bias: expected 128 values, got 7/);
  });
});
