// The arguments of a refit and of a recovery: defaults, and what is refused with the argument's name.
import { describe, expect, it } from "vitest";
import { readRecoverArguments } from "./recoverArguments.ts";

describe("--recover", () => {
  it("is off by default", () => expect(readRecoverArguments({}, 1)).toEqual({}));

  it("trains the output matrices, with the run's seed and a learning rate by the kept share", () => {
    expect(readRecoverArguments({ recover: "300" }, 7)).toEqual({
      recover: { steps: 300, tokens: 128, matrices: "out", weightDecay: 0, hiddenWeight: 4, seed: 7, measureEvery: 50 },
    });
  });

  it("takes matrices, learning rate and tokens", () => {
    const values = { recover: "9", "recover-matrices": "all", "recover-learning-rate": "1e-4", "recover-tokens": "64" };
    expect(readRecoverArguments({ ...values, "recover-hidden-weight": "0" }, 1).recover?.hiddenWeight).toBe(0);
    expect(readRecoverArguments(values, 1)).toMatchObject({
      recover: { steps: 9, matrices: "all", learningRate: 1e-4, tokens: 64 },
    });
  });

  it("takes the rank of adapters, which are on all matrices", () => {
    expect(readRecoverArguments({ recover: "300", lora: "16" }, 1)).toMatchObject({
      recover: { matrices: "all", rank: 16 },
    });
  });

  it.each([
    [{ lora: "16" }, /--lora: expected --recover with a number of steps beside it/],
    [{ recover: "10", lora: "65" }, /--recover: .*rank: expected a whole number from 4 to 64, got 65/],
    [{ recover: "10", lora: "16", "recover-matrices": "all" }, /expected --lora .* or --recover-matrices, got both/],
    [{ recover: "many" }, /--recover: expected a number, got "many"/],
    [{ recover: "0" }, /--recover: .*steps: expected a whole number from 1/],
    [{ recover: "10", "recover-matrices": "some" }, /--recover: matrices: expected one of out, all, got some/],
    [{ recover: "10", "recover-hidden-weight": "-1" }, /hiddenWeight: expected a number from 0 to 1000, got -1/],
    [{ recover: "10", "recover-learning-rate": "2" }, /learningRate: expected a number from/],
    [{ "recover-tokens": "64" }, /--recover-tokens: expected --recover with a number of steps beside it/],
  ])("refuses %j", (values, message) => {
    expect(() => readRecoverArguments(values, 1)).toThrow(message);
  });
});

describe("--refit", () => {
  it("solves for all matrices, with the run's seed, and goes together with --recover", () => {
    const refit = { sequences: 256, tokens: 128, matrices: "all", ridge: 0.1, seed: 7 };
    expect(readRecoverArguments({ refit: true }, 7)).toEqual({ refit });
    expect(readRecoverArguments({ refit: true, recover: "20" }, 7)).toMatchObject({ refit, recover: { steps: 20 } });
  });

  it("takes matrices, sequences and the ridge", () => {
    const values = { refit: true, "refit-matrices": "out", "refit-sequences": "64", "refit-ridge": "0.5" };
    expect(readRecoverArguments(values, 1)).toMatchObject({ refit: { matrices: "out", sequences: 64, ridge: 0.5 } });
  });

  it.each([
    [{ refit: true, "refit-matrices": "some" }, /--refit: .*matrices: expected one of out, all, got some/],
    [{ refit: true, "refit-ridge": "0" }, /--refit: .*ridge: expected a number from 0\.0001/],
    [{ recover: "10", "refit-ridge": "0.5" }, /--refit-ridge: expected --refit beside it/],
    [{ refit: true, "recover-tokens": "64" }, /--recover-tokens: expected --recover with a number of steps beside it/],
  ])("refuses %j", (values, message) => {
    expect(() => readRecoverArguments(values, 1)).toThrow(message);
  });
});
