// The arguments of npm run prune -- --ratios: what is read, and what is refused with the argument's name.
import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE } from "../../engine/recipes/recipe.ts";
import { asksForRatios, readRatiosArguments } from "./ratios.ts";

const TEXT = "golden/README.md"; // any file will do, because only the page reads it
const given = (...more: string[]): string[] => [
  ...["--model", "golden/llama", "--text", TEXT, "--eval", TEXT, "--out", "out"],
  ...more,
];

describe("npm run prune -- --ratios", () => {
  it("is asked for by its name alone", () => {
    expect(asksForRatios(given("--ratios", "0.5"))).toBe(true);
    expect(asksForRatios(given("--ratios=0.5"))).toBe(true);
    expect(asksForRatios(given("--keep", "0.5"))).toBe(false);
  });

  it("sorts the ratios and trains for all of them between the default bounds", () => {
    const { ratios, recipe, forms } = readRatiosArguments(given("--ratios", "0.8,0.4,0.6"));
    expect(ratios).toEqual([0.4, 0.6, 0.8]);
    expect(recipe).toEqual({ ...DEFAULT_RECIPE, ratio: 0.4, ratioMode: "every", ratioFrom: 0.35, ratioTo: 0.95 });
    expect(forms).toEqual(["masked", "compact", "onnx"]);
  });

  it("takes the bounds and everything that a run of one ratio takes", () => {
    const more = ["--from", "0.5", "--to", "0.9", "--steps", "20", "--gates", "constrained", "--forms", "compact"];
    const { recipe, forms } = readRatiosArguments(given("--ratios", "0.7", ...more));
    expect(recipe).toMatchObject({ ratioFrom: 0.5, ratioTo: 0.9, steps: 20, gates: "constrained" });
    expect(forms).toEqual(["compact"]);
    expect(readRatiosArguments(given("--ratios", "0.7")).nested).toBe(false);
    expect(readRatiosArguments(given("--ratios", "0.7", "--nested")).nested).toBe(true);
  });

  it.each([
    [["--ratios", "0.5", "--keep", "0.5"], /expected --keep \(one ratio\) or --ratios \(several\), got both/],
    [
      ["--ratios", "0.5", "--recover", "300"],
      /--recover: expected --keep \(one ratio\), got --ratios .*Prune at one ratio/,
    ],
    [
      ["--ratios", "0.5", "--recover-matrices", "all"],
      /--recover-matrices: expected --keep \(one ratio\), got --ratios/,
    ],
    [["--ratios", "0.5,1.1"], /--ratios: expected ratios from 0\.05 to 1, separated by commas, got "1\.1"/],
    [["--ratios", "0,0.5"], /--ratios: expected .*, got "0"/],
    [["--ratios", "half"], /--ratios: expected .*, got "half"/],
    [["--ratios", "0.5,"], /--ratios: expected .*, got ""/],
    [["--ratios", "0.5,0.7,0.50"], /--ratios: expected each ratio once, got 0\.5 twice/],
    [["--ratios", "0.5,0.01"], /--ratios: expected ratios from 0\.05 to 1, .* got "0\.01"/],
    [
      ["--ratios", "0.5", "--from", "0.9", "--to", "0.4"],
      /keepFrom: expected at most keepTo, got keepFrom 0\.9 and keepTo 0\.4/,
    ],
    [["--ratios", "0.5", "--gates", "no-gru"], /gates: expected full, mlp or constrained, got no-gru/],
    [["--ratios", "0.5", "--pattern", "2:4"], /--pattern/],
  ])("refuses %j", (more, reason) => {
    expect(() => readRatiosArguments(given(...more))).toThrow(reason);
    expect(() => readRatiosArguments(given(...more))).toThrow(/^[^\n]+$/);
  });
});
