// The RoPE table against numbers from Python's math module, by the formula of transformers.
import { describe, expect, test } from "vitest";
import { frequencySet, type RopeConfig, ropeFrequencies } from "./ropeFrequencies.ts";
import { ropeTable } from "./ropeTable.ts";

const small: RopeConfig = {
  theta: 500000,
  scaling: { type: "llama3", factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 64 },
};
const llama31: RopeConfig = {
  theta: 500000,
  scaling: { type: "llama3", factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 },
};

const close = (values: Iterable<number>, expected: readonly number[], digits: number): void => {
  const found = [...values];
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => expect(value / (expected[i] ?? 0)).toBeCloseTo(1, digits));
};

describe("frequencies", () => {
  test("without scaling they are powers of theta", () => {
    close(ropeFrequencies({ theta: 10000 }, 8), [1, 0.1, 0.01, 0.001], 12);
    expect(ropeFrequencies({ theta: 500000 }, 16)[1]).toBeCloseTo(0.19392274474868576, 14);
  });

  test("Llama-3 scaling keeps, interpolates and slows down", () => {
    const expected = [
      1, 0.0794030091792082, 0.004700753866357992, 0.0009115830921521387, 0.00017677669529663688, 3.428102195952591e-5,
      6.647869871181235e-6, 1.2891731721515574e-6,
    ];
    close(ropeFrequencies(small, 16), expected, 12);
  });

  test("Llama-3.1 8B", () => {
    const found = ropeFrequencies(llama31, 128);
    const chosen = [0, 1, 28, 29, 30, 31, 35, 36, 63].map((i) => found[i] ?? 0);
    const expected = [
      1, 0.8146172338565447, 0.003211445994752591, 0.002166570763503359, 0.0013718935677611381, 0.0008567514129196321,
      9.556212353964683e-5, 7.78465527393245e-5, 3.068925988914511e-7,
    ];
    close(chosen, expected, 12);
  });
});

describe("table", () => {
  const table = ropeTable(small, { rotaryDim: 16, positions: 101 });
  const pairsOf = (position: number): number[] => [...table.subarray(16 * position, 16 * position + 8)];

  test("position 0 rotates nothing", () => expect(pairsOf(0)).toEqual([1, 0, 1, 0, 1, 0, 1, 0]));

  test("position 1", () => {
    const expected = [
      0.5403023058681398, 0.8414709848078965, 0.9968492370094495, 0.07931959829498833, 0.999988951476889,
      0.0047007365542159965, 0.9999995845081618, 0.000911582965900357,
    ];
    close(pairsOf(1), expected, 6);
  });

  test("position 100", () => {
    const expected = [
      0.8623188722876839, -0.5063656411097588, -0.0862121294403321, 0.9962768032717431, 0.8915341440884511,
      0.45295349642592775, 0.9958479577585126, 0.09103210987448127,
    ];
    close(pairsOf(100), expected, 6);
  });

  test("an odd number of dimensions is refused", () =>
    expect(() => ropeTable(small, { rotaryDim: 15, positions: 4 })).toThrow(
      /expected an even number of dimensions, got 15/,
    ));

  test("an attention factor multiplies cosine and sine", () => {
    const settings = { short: [1, 1], long: [2, 2], originalContext: 4 };
    const of = (attention: number): number[] => {
      const rope: RopeConfig = { theta: 100, scaling: { type: "longrope", ...settings, attention } };
      return [...ropeTable(rope, { rotaryDim: 4, positions: 3 })];
    };
    close(
      of(1.5).filter((value) => value !== 0),
      of(1).flatMap((value) => (value === 0 ? [] : [1.5 * value])),
      6,
    );
  });
});

describe("sets of frequencies", () => {
  test("longrope has two, chosen by the length of the sequence", () => {
    const scaling = { type: "longrope", short: [1], long: [2], originalContext: 64, attention: 1 } as const;
    expect([1, 64, 65, 1000].map((length) => frequencySet({ theta: 1e4, scaling }, length))).toEqual([0, 0, 1, 1]);
  });

  test("dynamic scaling has one for each length over the context", () => {
    const scaling = { type: "dynamic", factor: 2, context: 64 } as const;
    expect([1, 64, 65, 90].map((length) => frequencySet({ theta: 1e4, scaling }, length))).toEqual([0, 0, 65, 90]);
  });

  test("the others have one", () => expect([1, 1e6].map((length) => frequencySet(small, length))).toEqual([0, 0]));
});
