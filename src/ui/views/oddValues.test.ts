// Which allowed values are warned about, and that the defaults are not.
import { expect, it } from "vitest";
import { DEFAULT_RECIPE } from "../../engine/index.ts";
import { oddRecipe, oddTemperature, oddTexts } from "./oddValues.ts";

it("does not warn about the defaults", () => {
  expect(oddRecipe(DEFAULT_RECIPE, 512)).toEqual({});
  expect(oddTemperature(0.8)).toBeNull();
  expect(oddTexts({ calibrationTokens: 900_000, evaluationTokens: 90_000 }, 128)).toEqual([]);
});

it.each([
  [{ steps: 3 }, ["steps", "checkpointEvery"]],
  [{ tokens: 1024 }, ["tokens"]],
  [{ lambda: 0 }, ["lambda"]],
  [{ learningRate: 0.5 }, ["learningRate"]],
  [{ learningRate: 1e-6 }, ["learningRate"]],
  [{ weightDecay: 5 }, ["weightDecay"]],
  [{ checkpointEvery: 5000 }, ["checkpointEvery"]],
])("warns about %j", (patch, fields) => {
  expect(Object.keys(oddRecipe({ ...DEFAULT_RECIPE, ...patch }, 512)).sort()).toEqual([...fields].sort());
});

it("warns about texts that are tiny", () => {
  expect(oddTexts({ calibrationTokens: 5, evaluationTokens: 7 }, 32)).toEqual([
    "The calibration text has 5 tokens, and a step needs 32: choose a longer text or fewer tokens per step.",
    "The evaluation text has only 7 tokens: its perplexity is a rough guess.",
  ]);
  expect(oddTexts({ calibrationTokens: 100, evaluationTokens: 1000 }, 32)).toHaveLength(1);
  expect(oddTemperature(3)).not.toBeNull();
});
