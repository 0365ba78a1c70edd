// The arguments of a recovery: defaults, and what is refused with the argument's name.
import { describe, expect, it } from "vitest";
import { readRecoverArguments } from "./recoverArguments.ts";

describe("--recover", () => {
  it("is off by default", () => expect(readRecoverArguments({}, 1)).toBeUndefined());

  it("trains the output matrices, with the run's seed and a learning rate by the kept share", () => {
    expect(readRecoverArguments({ recover: "300" }, 7)).toEqual({
      ...{ steps: 300, tokens: 128, matrices: "out", weightDecay: 0, seed: 7, measureEvery: 50 },
    });
  });

  it("takes matrices, learning rate and tokens", () => {
    const values = { recover: "9", "recover-matrices": "all", "recover-learning-rate": "1e-4", "recover-tokens": "64" };
    expect(readRecoverArguments(values, 1)).toMatchObject({
      steps: 9,
      matrices: "all",
      learningRate: 1e-4,
      tokens: 64,
    });
  });

  it("takes the rank of adapters, which are on all matrices", () => {
    expect(readRecoverArguments({ recover: "300", lora: "16" }, 1)).toMatchObject({ matrices: "all", rank: 16 });
  });

  it.each([
    [{ lora: "16" }, /--lora: expected --recover with a number of steps beside it/],
    [{ recover: "10", lora: "65" }, /--recover: .*rank: expected a whole number from 4 to 64, got 65/],
    [{ recover: "10", lora: "16", "recover-matrices": "all" }, /expected --lora .* or --recover-matrices, got both/],
    [{ recover: "many" }, /--recover: expected a number, got "many"/],
    [{ recover: "0" }, /--recover: .*steps: expected a whole number from 1/],
    [{ recover: "10", "recover-matrices": "some" }, /--recover: matrices: expected one of out, all, got some/],
    [{ recover: "10", "recover-learning-rate": "2" }, /learningRate: expected a number from/],
    [{ "recover-tokens": "64" }, /--recover-tokens: expected --recover with a number of steps beside it/],
  ])("refuses %j", (values, message) => {
    expect(() => readRecoverArguments(values, 1)).toThrow(message);
  });
});
