// The arguments of npm run compare: which runs they give, and what is refused with the argument's name.
import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE } from "../../engine/recipes/recipe.ts";
import { compareMethodOf, keyOf, nameOf } from "./methods.ts";
import { outputFiles, readCompareArguments } from "./compareArguments.ts";

const FILE = "golden/llama/golden.json"; // any file will do, because only the page reads it
const given = (methods: string, ...more: string[]): string[] => [
  ...["--model", "golden/llama", "--text", FILE, "--eval", FILE, "--methods", methods, ...more],
];

describe("npm run compare", () => {
  it("takes methods with defaults", () => {
    expect(readCompareArguments(given("disp,dass:2:4,magnitude:50%"))).toMatchObject({
      ...{ steps: 600, tokens: 128, sequences: 64, context: 512, evaluationTokens: 20_480, out: "." },
      runs: [
        { kind: "disp", gates: "full", ratio: 0.5, seed: 1 },
        { kind: "weights", method: "dass", pattern: "2:4", seed: 1 },
        { kind: "weights", method: "magnitude", pattern: "50%", seed: 1 },
      ],
    });
  });

  it("runs structural methods at every ratio, trained and random ones with every seed, random after disp", () => {
    const more = ["--keep", "0.8,0.5", "--seeds", "3,1", "--steps", "20", "--tokens", "64", "--sequences", "8"];
    const { runs, ...rest } = readCompareArguments(
      given("random,disp:no-gru,disp,every,uniform-magnitude,wanda", ...more),
    );
    expect(rest).toMatchObject({ steps: 20, tokens: 64, sequences: 8 });
    const planned = runs.map((run) => [nameOf(run), ...("ratio" in run ? [run.ratio] : []), run.seed]);
    const each = (name: string): unknown[] => [
      [name, 0.8, 3],
      [name, 0.8, 1],
      [name, 0.5, 3],
      [name, 0.5, 1],
    ];
    const once = (name: string): unknown[] => [
      [name, 0.8, 3],
      [name, 0.5, 3],
    ];
    expect(planned).toEqual([
      ...[
        ...each("disp:no-gru"),
        ...each("disp:full"),
        ...each("every"),
        ...once("uniform-magnitude"),
        ...once("wanda"),
      ],
      ...each("random"),
    ]);
  });

  it("refits what +refit follows, alone and before training, with every seed", () => {
    const methods = "every+refit,disp,random+refit+recover:9,dass:2:4+refit,disp+refit";
    const { runs, refitMatrices, refitSequences } = readCompareArguments(given(methods, "--seeds", "1,2"));
    expect([refitMatrices, refitSequences]).toEqual(["all", 256]);
    const few = [methods, "--refit-sequences"] as const;
    expect(readCompareArguments(given(...few, "32")).refitSequences).toBe(32);
    expect(() => readCompareArguments(given(...few, "0"))).toThrow(/sequences: expected .*, got 0/);
    const keys = runs.filter(({ seed }) => seed === 2).map(keyOf);
    expect(keys).toEqual([
      ...["every+refit keep 0.5 seed 2", "disp:full keep 0.5 seed 2", "dass+refit 2:4 seed 2"],
      ...["disp:full+refit keep 0.5 seed 2", "random+refit+recover:9 keep 0.5 seed 2"],
    ]);
    expect(runs.find((run) => run.kind === "every")).toMatchObject({ refit: true });
    expect(runs.find((run) => run.kind === "every")).not.toHaveProperty("recover");
  });

  it("recovers what +recover follows, for --recover-steps or as named, with every seed", () => {
    const more = ["--seeds", "1,2", "--recover-steps", "40", "--recover-matrices", "all"];
    const { runs, recoverMatrices } = readCompareArguments(
      given("random+recover,disp,disp+recover,disp:constrained+recover:900,dass:2:4,dass:2:4+recover", ...more),
    );
    expect(recoverMatrices).toBe("all");
    expect(runs.map(keyOf)).toEqual([
      ...["disp:full keep 0.5 seed 1", "disp:full keep 0.5 seed 2"],
      ...["disp:full+recover:40 keep 0.5 seed 1", "disp:full+recover:40 keep 0.5 seed 2"],
      ...["disp:constrained+recover:900 keep 0.5 seed 1", "disp:constrained+recover:900 keep 0.5 seed 2"],
      "dass 2:4 seed 1",
      ...["dass+recover:40 2:4 seed 1", "dass+recover:40 2:4 seed 2"],
      ...["random+recover:40 keep 0.5 seed 1", "random+recover:40 keep 0.5 seed 2"],
    ]);
    const adapters = readCompareArguments(given("disp+recover", "--lora", "16"));
    expect(adapters).toMatchObject({ recoverMatrices: "all", recoverRank: 16 });
    expect(readCompareArguments(given("disp+recover"))).not.toHaveProperty("recoverRank");
    expect(readCompareArguments(given("disp+recover"))).toMatchObject({
      recoverMatrices: "out",
      runs: [{ kind: "disp", gates: "full", ratio: 0.5, seed: 1, recover: 300 }],
    });
  });

  it("trains for every ratio with other gates, and rounds the widths of trained masks", () => {
    const { runs, widthMultiple } = readCompareArguments(
      given("every,every:mlp+recover,disp:mlp", "--width-multiple", "32"),
    );
    expect(widthMultiple).toBe(32);
    expect(runs.map(keyOf)).toEqual([
      ...["every keep 0.5 seed 1", "every:mlp+recover:300 keep 0.5 seed 1", "disp:mlp keep 0.5 seed 1"],
    ]);
    expect(readCompareArguments(given("every")).widthMultiple).toBe(1);
    const made = { kind: "disp" as const, recipe: { ...DEFAULT_RECIPE, ratioMode: "every" as const }, steps: 1 };
    expect(compareMethodOf({ made })).toBe("every");
    expect(compareMethodOf({ made: { ...made, recipe: { ...made.recipe, gates: "mlp" } } })).toBe("every:mlp");
  });

  it("puts the chart beside the list", () => {
    expect(outputFiles("out")).toEqual({ json: "out/compare.json", svg: "out/compare.svg" });
    expect(outputFiles("out/mine.json")).toEqual({ json: "out/mine.json", svg: "out/mine.svg" });
  });

  it.each([
    ["obs", [], /--methods: expected disp, every, random, uniform-magnitude, dass, .*got "obs"/],
    ["disp:soft", [], /--methods: expected disp:full, disp:mlp, disp:constrained, .*got "disp:soft"/],
    ["random,dass:2:4", [], /expected random together with disp/],
    ["random,disp:no-gru", [], /expected random together with disp/],
    ["uniform-magnitude:2:4", [], /expected uniform-magnitude without a pattern, got/],
    ["every:full", [], /--methods: expected disp, every, .*got "every:full"/],
    ["every:soft", [], /disp and every also with gates \(every:mlp\), got "every:soft"/],
    ["disp", ["--width-multiple", "16"], /width_?multiple: expected/i],
    ["dass:4:2", [], /--methods dass:4:2: pattern: expected N:M/],
    ["dass:120%", [], /--methods dass:120%: pattern: expected N:M/],
    [
      "disp+recover,disp+recover:300",
      [],
      /--methods: expected each method once, got "disp\+recover:300" under two names/,
    ],
    ["disp+refitted", [], /--methods: expected \+refit, .* after a method, got "disp\+refitted"/],
    ["disp+recover+refit", [], /--methods: expected .*\+refit\+recover after a method, got "disp\+recover\+refit"/],
    ["disp", ["--refit-matrices", "some"], /refit: matrices: expected one of out, all, got some/],
    ["disp+recover:few", [], /--methods: expected .*\+recover:STEPS .* after a method, got "disp\+recover:few"/],
    ["disp+recover:0", [], /recover: steps: expected a whole number from 1/],
    ["random+recover", [], /expected random together with disp/],
    ["disp", ["--recover-matrices", "some"], /matrices: expected one of out, all, got some/],
    ["disp", ["--lora", "3"], /rank: expected a whole number from 4 to 64, got 3/],
    ["disp", ["--lora", "16", "--recover-matrices", "out"], /expected --lora .* or --recover-matrices, got both/],
    ["disp", ["--recover-steps", "0.5"], /recover: steps: expected a whole number from 1/],
    ["disp,,dass", [], /--methods: expected words .* got an empty one/],
    ["disp,disp", [], /--methods: expected each word once, got "disp" twice/],
    ["", [], /--methods: expected a value, got none/],
    ["disp", ["--keep", "0.5,half"], /--keep: expected numbers .* got "half"/],
    ["disp", ["--keep", "1.5"], /keep: expected a number from 0.05 to 1, got 1.5/],
    ["disp", ["--seeds", "1.5"], /seed: expected a whole number/],
    ["disp", ["--steps", "0"], /steps: expected a whole number/],
    ["dass", ["--sequences", "0"], /sequences: expected a whole number/],
    ["disp", ["--tokens", "2"], /tokens: expected a whole number from 8/],
    ["disp", ["--context", "1"], /--context: expected a whole number of at least 2, got 1/],
    ["disp", ["--forms", "onnx"], /--forms/],
  ])("refuses %s %j", (methods, more, message) => {
    expect(() => readCompareArguments(given(methods, ...more))).toThrow(message);
  });
});
