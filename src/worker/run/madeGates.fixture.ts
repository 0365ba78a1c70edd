// For tests: a pruning by gates that no run has trained.
import {
  architectureOf,
  budgetOf,
  DEFAULT_RECIPE,
  gateLayout,
  type ModelConfig,
  type TextRef,
} from "../../engine/index.ts";
import { type PrunedByGates, prunedByMasks } from "./pruned.ts";

/** Gates of a made-up architecture that keeps `ratio`. */
export function madeGates(config: ModelConfig, ratio: number, calibration: TextRef): PrunedByGates {
  const layout = gateLayout(config);
  const logits = Float32Array.from({ length: layout.length }, (_, i) => Math.sin(31 * i));
  const budget = budgetOf(config);
  const { masks, counts } = architectureOf(logits, { layout, budget, ratio });
  const made = { kind: "disp", recipe: { ...DEFAULT_RECIPE, ratio }, steps: 7 } as const;
  return prunedByMasks(masks, counts, budget, { run: "made", ratio, step: 7, made, calibration });
}
