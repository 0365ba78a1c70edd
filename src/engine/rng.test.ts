// The noise: bounds, uniformity, independence of its coordinates, and values that must never change, since a seed identifies a run.
import { describe, expect, test } from "vitest";
import { DRAW, uniformNoise, noiseBits, normals, uniforms } from "./rng.ts";

const COUNT = 4096;
type Coordinates = readonly [seed: number, step: number, draw: number, vector: number];
const stream = (...[seed, step, draw, vector]: Coordinates): number[] =>
  Array.from({ length: COUNT }, (_, index) => uniformNoise({ seed, step, draw, vector }, index));
const bits = ([seed, step, draw, vector]: Coordinates, index: number): number =>
  noiseBits({ seed, step, draw, vector }, index);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("noise", () => {
  test("is strictly inside (0, 1) and exact in f32", () => {
    for (const u of stream(1, 2, 3, 4)) {
      expect(u).toBeGreaterThan(0);
      expect(u).toBeLessThan(1);
      expect(Math.fround(u)).toBe(u);
    }
  });

  test("is uniform: mean, variance and every sixteenth", () => {
    const u = stream(9, 0, 0, 0);
    expect(Math.abs(mean(u) - 1 / 2)).toBeLessThan(0.02);
    expect(Math.abs(mean(u.map((value) => (value - 0.5) ** 2)) - 1 / 12)).toBeLessThan(0.005);
    for (let bin = 0; bin < 16; bin++) {
      const share = u.filter((value) => Math.floor(value * 16) === bin).length / COUNT;
      expect(Math.abs(share - 1 / 16)).toBeLessThan(0.02);
    }
  });

  test("each coordinate selects another stream, uncorrelated with the first", () => {
    const base = stream(1, 1, 1, 1);
    for (const other of [stream(2, 1, 1, 1), stream(1, 2, 1, 1), stream(1, 1, 2, 1), stream(1, 1, 1, 2)]) {
      const correlation = mean(base.map((u, i) => (u - 0.5) * ((other[i] ?? 0) - 0.5))) * 12;
      expect(Math.abs(correlation)).toBeLessThan(0.07);
    }
    const following = mean(base.slice(1).map((u, i) => (u - 0.5) * ((base[i] ?? 0) - 0.5))) * 12;
    expect(Math.abs(following)).toBeLessThan(0.07);
  });

  test("coordinates cannot be swapped", () => {
    const orders = [bits([1, 2, 3, 4], 5), bits([1, 2, 3, 5], 4), bits([2, 1, 3, 4], 5), bits([1, 3, 2, 4], 5)];
    expect(new Set(orders).size).toBe(orders.length);
  });

  test("keeps its values from version to version", () => {
    expect([bits([0, 0, 0, 0], 0), bits([1, 2, 3, 4], 5), bits([0xffffffff, 7, 1, 39], 511)]).toEqual([
      920646579, 3194102287, 1906566024,
    ]);
  });
});

describe("distributions", () => {
  test("normals have mean 0 and variance 1", () => {
    const values = [...normals({ seed: 1, draw: DRAW.inputs }, COUNT)];
    expect(Math.abs(mean(values))).toBeLessThan(0.06);
    expect(Math.abs(mean(values.map((value) => value ** 2)) - 1)).toBeLessThan(0.1);
    expect(Math.abs(mean(values.map((value) => value ** 4)) - 3)).toBeLessThan(0.6);
  });

  test("uniforms stay within their bound", () => {
    const values = uniforms({ seed: 1, draw: DRAW.init, vector: 3 }, COUNT, 0.125);
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(0.125);
    expect(Math.abs(mean([...values]))).toBeLessThan(0.01);
  });
});
