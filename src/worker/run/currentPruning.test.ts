// Gate logits for the page: of the run's architecture alone, vector by vector, and none of vectors that are not pruned.
import { expect, it } from "vitest";
import { budgetOf, DEFAULT_RECIPE, gateLayout, readConfig, type Recipe } from "../../engine/index.ts";
import rawConfig from "../../../public/model/config.json" with { type: "json" };
import { CurrentPruning } from "./currentPruning.ts";

const config = readConfig(rawConfig);
const layout = gateLayout(config);
const opened = { layout, budget: budgetOf(config), run: {} };

function pruningOf(recipe: Recipe): CurrentPruning {
  const pruning = new CurrentPruning({ opened: () => opened } as never, {} as never, () => undefined);
  const values = Float32Array.from({ length: layout.length }, (_, i) => Math.sin(i));
  const calibration = { name: "text", sha256: "0" };
  pruning.setLogits({ run: "first", step: 4, values, recipe, targets: [], calibration });
  return pruning;
}

it("sends the gate logits of the current architecture without padding", () => {
  const sent = pruningOf(DEFAULT_RECIPE).gateLogits();
  expect(sent?.of).toEqual({ run: "first", step: 4, ratio: 0.5 });
  expect(sent?.vectors.map((vector) => vector?.length)).toEqual(layout.sizes);
  expect(sent?.vectors[3]?.[2]).toBeCloseTo(Math.sin((layout.offsets[3] ?? 0) + 2), 6);
});

it("sends none of vectors that are not pruned, and none where nothing is", () => {
  const vectors = pruningOf({ ...DEFAULT_RECIPE, gates: "mlp" }).gateLogits()?.vectors ?? [];
  expect(vectors.slice(0, 5).map((vector) => vector?.length ?? null)).toEqual([null, null, null, 512, null]);
  const pruning = pruningOf(DEFAULT_RECIPE);
  pruning.forget();
  expect(pruning.gateLogits()).toBeNull();
});
