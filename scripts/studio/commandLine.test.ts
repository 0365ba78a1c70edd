// What the studio copies as a command line is read by `npm run prune` as the same run.
import { expect, it } from "vitest";
import { readRecipeArguments, RECIPE_OPTIONS } from "../../src/cli/arguments/recipeArguments.ts";
import { parseValues } from "../../src/cli/arguments/arguments.ts";
import { RUN_OPTIONS } from "../../src/cli/arguments/runArguments.ts";
import { asksForRatios, readRatiosArguments } from "../../src/cli/prune/ratios.ts";
import { asksForWeights, readWeightsArguments } from "../../src/cli/prune/weights.ts";
import { WEIGHT_STORAGES } from "../../src/engine/dtype.ts";
import { gateRun } from "../../src/engine/formats/runs/runs.fixture.ts";
import { bench, FACTS } from "../../src/state/client.fixture.ts";
import { commandLineOf, commandLineOfRun } from "../../src/state/run/commandLine.ts";

type Settings = Parameters<typeof commandLineOf>[0];

/** Words of a command line as a shell splits it. The files of the command exist in every checkout. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)];
  return words
    .map(([, quoted, plain = ""]) => quoted?.replaceAll("'\\''", "'") ?? plain)
    .slice("npm run prune --".split(" ").length)
    .map((word) => (word.startsWith("public/text/") ? "README.md" : word));
}

function written(patch: Partial<Settings>): string[] {
  return wordsOf(commandLineOf({ ...bench().store.getState(), ...patch }));
}

const { recipe: DEFAULT, weightRecipe } = bench().store.getState();

it.each([
  {},
  { ratio: 0.35, steps: 1200, tokens: 256, seed: 7, lambda: 3.5, learningRate: 5e-4, weightDecay: 0 },
  { estimator: "gumbel", gates: "constrained", widthMultiple: 32 },
] as const)("gives back a training for one ratio: %o", (patch) => {
  const recipe = { ...DEFAULT, ...patch };
  const argv = written({ recipe });
  expect([asksForRatios(argv), asksForWeights(argv)]).toEqual([false, false]);
  expect(readRecipeArguments(parseValues(argv, { ...RUN_OPTIONS, ...RECIPE_OPTIONS }))).toEqual(recipe);
});

it("gives back a training for every ratio", () => {
  const recipe = { ...DEFAULT, ratioMode: "every", ratio: 0.6, ratioFrom: 0.4, ratioTo: 0.9, seed: 3 } as const;
  const argv = written({ recipe });
  expect(asksForRatios(argv)).toBe(true);
  const read = readRatiosArguments(argv);
  expect(read.recipe).toEqual(recipe);
  expect(read).toMatchObject({ ratios: [0.6], evaluationTokens: 2048 });
  expect(read.model).toContain("public/model");
});

it.each(["2:4", "50%"])("gives back single weights: %s", (pattern) => {
  const own = { ...weightRecipe, method: "wanda", pattern, sequences: 8, tokens: 64, seed: 2 } as const;
  const argv = written({ method: "wanda", weightRecipe: own });
  expect(asksForWeights(argv)).toBe(true);
  expect(readWeightsArguments(argv).recipe).toEqual(own);
});

it.each(WEIGHT_STORAGES)("opens the model as it is open: %s", (gpuDtype) => {
  const open = { phase: "open", facts: { ...FACTS, gpuDtype } } as const;
  const read = readRatiosArguments(
    written({ model: open, gpuMemoryBytes: 24e9, recipe: { ...DEFAULT, ratioMode: "every" } }),
  );
  expect(read).toMatchObject({ precision: gpuDtype, memoryBytes: 24e9 });
});

it("quotes names that a shell would split", () => {
  const argv = written({ calibration: { kind: "own", name: "it's my text.txt", text: "" } });
  expect(argv[argv.indexOf("--text") + 1]).toBe("it's my text.txt");
});

it("gives back a saved run, and none where one command cannot", () => {
  const recipe = { ...DEFAULT, ratio: 0.4, steps: 9, seed: 5 };
  const run = (patch = {}) => gateRun("a", { made: { kind: "disp", recipe, steps: 9, ...patch } }).record;
  const argv = wordsOf(commandLineOfRun(run()) ?? "");
  expect(readRecipeArguments(parseValues(argv, { ...RUN_OPTIONS, ...RECIPE_OPTIONS }))).toEqual(recipe);
  expect(argv[argv.indexOf("--eval-tokens") + 1]).toBe("4096");
  const { perplexity } = run();
  expect(commandLineOfRun({ ...run(), perplexity: { ...perplexity, quantised: "Q4_0" } })).toContain(
    " --weights q4_0 ",
  );
  expect(commandLineOfRun(run({ steps: 8 }))).toBeNull();
  expect(commandLineOfRun(run({ point: 0.3 }))).toBeNull();
});
