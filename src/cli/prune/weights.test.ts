// The arguments of npm run prune -- --method: what is read, and what is refused with the argument's name.
import { describe, expect, it } from "vitest";
import { asksForWeights, readWeightsArguments } from "./weights.ts";

const FILE = "golden/llama/golden.json"; // any file will do, because only the page reads it
const given = (...more: string[]): string[] => [
  ...["--model", "golden/llama", "--text", FILE, "--eval", FILE, "--out", "out", ...more],
];

describe("npm run prune -- --method", () => {
  it("is asked for by any method but disp", () => {
    expect(asksForWeights(given("--method", "wanda"))).toBe(true);
    expect(asksForWeights(given("--method=dass"))).toBe(true);
    expect(asksForWeights(given("--method", "disp"))).toBe(false);
    expect(asksForWeights(given())).toBe(false);
  });

  it("takes method, pattern and calibration, with defaults", () => {
    expect(readWeightsArguments(given("--method", "dass"))).toMatchObject({
      recipe: { method: "dass", pattern: "2:4", sequences: 64, tokens: 128, seed: 1 },
      forms: ["masked"],
      context: 512,
    });
    const more = ["--pattern", "37.5%", "--sequences", "8", "--tokens", "256", "--seed", "5", "--context", "64"];
    expect(readWeightsArguments(given("--method", "sparsegpt", ...more))).toMatchObject({
      recipe: { method: "sparsegpt", pattern: "37.5%", sequences: 8, tokens: 256, seed: 5 },
      context: 64,
    });
  });

  it.each([
    [["--method", "obs"], /--method: expected disp, dass, wanda, magnitude, sparsegpt, got "obs"/],
    [["--method", "dass", "--pattern", "4:2"], /pattern: expected N:M .* got "4:2"/],
    [["--method", "dass", "--sequences", "0"], /sequences: expected a whole number from 1 to 4096, got 0/],
    [
      ["--method", "dass", "--forms", "compact"],
      /--forms: expected masked or gguf-masked, the forms of dass, got "compact"/,
    ],
    [["--method", "dass", "--keep", "0.5"], /--keep/],
  ])("refuses %j", (more, message) => {
    expect(() => readWeightsArguments(given(...more))).toThrow(message);
  });
});
