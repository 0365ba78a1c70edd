// docs/formats.md lists every key that the page's link can have.
import { expect, it } from "vitest";
import { DEFAULT_RECIPE, DEFAULT_WEIGHT_RECIPE } from "../../../engine/index.ts";
import document from "../../../../docs/formats.md?raw";
import { hashOf } from "./url.ts";

it("the document has every key of the link", () => {
  const hash = hashOf({
    method: "wanda",
    recipe: {
      ...DEFAULT_RECIPE,
      ...{ gates: "no-gru", widthMultiple: 32, estimator: "gumbel", ratioMode: "every" },
      ...{ ratio: 0.6, ratioFrom: 0.4, ratioTo: 0.9, steps: 7, tokens: 9, lambda: 1, learningRate: 0.1 },
      ...{ weightDecay: 0.1, seed: 2, checkpointEvery: 3 },
    },
    weightRecipe: { ...DEFAULT_WEIGHT_RECIPE, pattern: "50%", sequences: 1, tokens: 2, seed: 3 },
    calibration: { kind: "bundled", name: "moby-train" },
    evaluation: { kind: "bundled", name: "moby-held" },
    ...{ model: "m", evaluationTokens: 64, prompt: "p" },
  });
  const keys = [...new URLSearchParams(hash).keys()];
  expect(keys).toHaveLength(25);
  const section = document.slice(document.indexOf("## Keys of the page's link"));
  expect(keys.filter((key) => !section.includes(`\`${key}\``))).toEqual([]);
});
