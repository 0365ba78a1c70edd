// The arguments of npm run compare: which runs they ask for, and what is refused with the argument's name.
import { describe, expect, it } from "vitest";
import { nameOf } from "./methods.ts";
import { outputFiles, readCompareArguments } from "./compareArguments.ts";

const FILE = "golden/llama/golden.json"; // any file will do: the page reads it
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

  it("runs structural methods for every share, trained and drawn ones for every seed, random after disp", () => {
    const more = ["--keep", "0.8,0.5", "--seeds", "3,1", "--steps", "20", "--tokens", "64", "--sequences", "8"];
    const { runs, ...rest } = readCompareArguments(
      given("random,disp:no-gru,disp,every,uniform-magnitude,wanda", ...more),
    );
    expect(rest).toMatchObject({ steps: 20, tokens: 64, sequences: 8 });
    const told = runs.map((run) => [nameOf(run), ...("ratio" in run ? [run.ratio] : []), run.seed]);
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
    expect(told).toEqual([
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

  it("puts the chart beside the list", () => {
    expect(outputFiles("out")).toEqual({ json: "out/compare.json", svg: "out/compare.svg" });
    expect(outputFiles("out/mine.json")).toEqual({ json: "out/mine.json", svg: "out/mine.svg" });
  });

  it.each([
    ["obs", [], /--methods takes disp, every, random, uniform-magnitude, dass, .*"obs" came/],
    ["disp:soft", [], /disp:soft is none of disp:full, disp:constrained/],
    ["random,dass:2:4", [], /random takes the widths that disp finds/],
    ["random,disp:no-gru", [], /random takes the widths that disp finds/],
    ["uniform-magnitude:2:4", [], /uniform-magnitude takes no pattern/],
    ["every:full", [], /--methods takes disp, every, .*"every:full" came/],
    ["dass:4:2", [], /--methods dass:4:2: pattern: expected N:M/],
    ["dass:120%", [], /--methods dass:120%: pattern: expected N:M/],
    ["disp,,dass", [], /--methods is a list .* empty entry/],
    ["disp,disp", [], /--methods names disp twice/],
    ["", [], /--methods is missing/],
    ["disp", ["--keep", "0.5,half"], /--keep is a list of numbers; "half" came/],
    ["disp", ["--keep", "1.5"], /keep: expected a number from 0.05 to 1, got 1.5/],
    ["disp", ["--seeds", "1.5"], /seed: expected a whole number/],
    ["disp", ["--steps", "0"], /steps: expected a whole number/],
    ["dass", ["--sequences", "0"], /sequences: expected a whole number/],
    ["disp", ["--tokens", "2"], /tokens: expected a whole number from 8/],
    ["disp", ["--context", "1"], /--context must be a whole number of at least 2/],
    ["disp", ["--forms", "onnx"], /--forms/],
  ])("refuses %s %j", (methods, more, message) => {
    expect(() => readCompareArguments(given(methods, ...more))).toThrow(message);
  });
});
