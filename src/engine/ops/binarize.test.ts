// Gradient estimators are not derivatives of forward. Their averages over the noise have closed forms, which are checked here.
import { describe, expect, test } from "vitest";
import { gateOf, slopeOf } from "./binarize.ref.ts";
import type { GateEstimator } from "./binarize.ts";

const NOISES = 20_000;
const LOGITS = [-6, -3.5, -3, -2, 0, 1];
/** Mean over the noise by the midpoint rule. */
const average = (of: (u: number) => number): number =>
  Array.from({ length: NOISES }, (_, i) => of((i + 0.5) / NOISES)).reduce((sum, value) => sum + value, 0) / NOISES;

const probability = (x: number): number => 1 / (1 + Math.exp(-(x + 3)));
/** The mean over the noise of the estimated d f(B) / dx, for a function f of one gate with slope f'. */
const estimate = (x: number, estimator: GateEstimator, slope: (gate: number) => number): number =>
  average((u) => slope(gateOf(x, u, estimator)) * slopeOf(x, u, estimator));

describe.each(LOGITS)("at logit %d", (x) => {
  const pi = probability(x);
  const a = 0.7;
  const b = -1.9;
  // f(B) = a B + b B^2: d E[f(B)] / dx = pi (1 - pi) (f(1) - f(0))
  const exact = pi * (1 - pi) * (a + b);
  const slope = (gate: number): number => a + 2 * b * gate;

  test("gates are 1 with probability sigmoid(x + 3)", () => {
    for (const estimator of ["reinmax", "straight-through"] as const) {
      expect(average((u) => gateOf(x, u, estimator))).toBeCloseTo(pi, 3);
    }
  });

  test("straight-through is exact for a linear function", () => {
    expect(estimate(x, "straight-through", () => a)).toBeCloseTo(pi * (1 - pi) * a, 6);
  });

  test("straight-through of a quadratic is pi (1 - pi) E[f'(B)], which is not the derivative", () => {
    const expected = pi * (1 - pi) * (a + 2 * b * pi);
    expect(estimate(x, "straight-through", slope)).toBeCloseTo(expected, 3);
    if (Math.abs(pi - 0.5) > 0.2)
      expect(Math.abs(estimate(x, "straight-through", slope) - exact)).toBeGreaterThan(1e-3);
  });

  test("ReinMax is also exact for a quadratic function (it is of second order)", () => {
    expect(estimate(x, "reinmax", slope)).toBeCloseTo(exact, 3);
    expect(estimate(x, "reinmax", () => a)).toBeCloseTo(pi * (1 - pi) * a, 3);
  });

  test("ReinMax's slope is half the probability of the value that was not drawn", () => {
    expect(slopeOf(x, pi - 1e-9, "reinmax")).toBeCloseTo((1 - pi) / 2, 12);
    expect(slopeOf(x, pi + 1e-9, "reinmax")).toBeCloseTo(pi / 2, 12);
  });

  test("the hard Gumbel gate is on with probability 1 - exp(-exp(x + 3)) and has the soft gate's gradient", () => {
    expect(average((u) => gateOf(x, u, "gumbel-hard"))).toBeCloseTo(1 - Math.exp(-Math.exp(x + 3)), 3);
    for (const u of [1e-6, 0.2, 0.9, 1 - 1e-6]) {
      const soft = (by: number): number => gateOf(x + by, u, "gumbel-soft");
      expect(slopeOf(x, u, "gumbel-hard")).toBeCloseTo((soft(1e-5) - soft(-1e-5)) / 2e-5, 6);
      expect(gateOf(x, u, "gumbel-hard")).toBe(Math.round(soft(0)));
    }
  });
});
