// The best line and the axes, compared with what their definitions say.
import { describe, expect, it } from "vitest";
import { alongAxis, axisOver, bestLine, isLogAxis, linearTicks, logTicks } from "./perplexityAxis.ts";

const at = (x: number, y: number) => ({ x, y });

describe("bestLine", () => {
  it("has a larger run only where it is better than every smaller one", () => {
    const points = [at(0.7, 24), at(0.5, 30), at(0.5, 28), at(0.6, 29), at(0.9, 21), at(0.8, 24), at(0.3, NaN)];
    expect(bestLine(points)).toEqual([at(0.5, 28), at(0.7, 24), at(0.9, 21)]);
    expect(bestLine([])).toEqual([]);
  });

  it("counts sizes that hardly differ as one", () => {
    const points = [at(100, 20), at(60, 30), at(70, 35), at(60, 28), at(80, 22), at(79.8, 23)];
    expect(bestLine(points, 0.5)).toEqual([at(60, 28), at(80, 22), at(100, 20)]);
    expect(bestLine(points)).toEqual([at(60, 28), at(79.8, 23), at(80, 22), at(100, 20)]);
  });
});

describe("a perplexity axis", () => {
  it("is logarithmic beyond four times its smallest value", () => {
    expect([isLogAxis([20, 80]), isLogAxis([20, 81]), isLogAxis([]), isLogAxis([0, 9])]).toEqual([
      false,
      true,
      false,
      false,
    ]);
    const log = (values: number[], mayBeLog: boolean): boolean => axisOver(values, { room: 0.06, mayBeLog }).log;
    expect([log([10, 40], true), log([10, 41], true), log([10, 41], false)]).toEqual([false, true, false]);
  });

  it("leaves room at its ends, also around a single value", () => {
    const { low, high } = axisOver([10, 20], { room: 0.1 });
    expect([low, high]).toEqual([9, 21]);
    const one = axisOver([20], { room: 0.1 });
    expect([one.low, one.high]).toEqual([18, 22]);
    expect(axisOver([], { room: 0.1 })).toMatchObject({ low: 0, high: 1 });
  });

  it("has equal factors at equal distances where it is logarithmic", () => {
    const axis = axisOver([10, 1000], { room: 0, mayBeLog: true });
    expect([10, 100, 1000].map((value) => alongAxis(axis, value))).toEqual([0, 0.5, 1]);
    expect(alongAxis(axisOver([10, 1000], { room: 0 }), 505)).toBe(0.5);
  });
});

describe("ticks", () => {
  it("are round numbers on a linear axis", () => {
    expect(linearTicks(48, 103, 4)).toEqual([50, 60, 70, 80, 90, 100]);
    expect(linearTicks(0.1, 0.42, 4)).toEqual([0.1, 0.2, 0.3, 0.4]);
    expect(linearTicks(18, 75)).toEqual([20, 30, 40, 50, 60, 70]);
  });

  it("are at most eight round numbers on a logarithmic axis", () => {
    expect(logTicks(18, 65)).toEqual([20, 30, 40, 50, 60]);
    expect(logTicks(18, 510)).toEqual([20, 50, 100, 200, 500]);
    expect(logTicks(15, 700)).toEqual([20, 50, 100, 200, 500]);
    expect(logTicks(20, 110)).toEqual([20, 30, 40, 50, 70, 100]);
    expect(logTicks(9, 2e6)).toEqual([10, 100, 1e3, 1e4, 1e5, 1e6]);
    expect(logTicks(1, 1e12)).toEqual([1, 100, 1e4, 1e6, 1e8, 1e10, 1e12]);
  });
});
