// A compact model of random masks: times depend on how much is cut, not on how well it was chosen.
import type { Ctx } from "../engine/ctx.ts";
import { architectureOf } from "../engine/masks/architecture.ts";
import { budgetOf } from "../engine/masks/budget.ts";
import { indexLists } from "../engine/masks/compact.ts";
import { gateLayout, type Masks } from "../engine/masks/gates.ts";
import { loadModel, type Model } from "../engine/model/load.ts";
import type { OpenedModel } from "../engine/model/open.ts";
import { cutReader } from "../engine/prune/gates/cutReader.ts";
import { DRAW, uniformNoise } from "../engine/rng.ts";

/** Keeps `ratio` of the block weights. The same model and ratio give the same masks; the caller frees the compact model. */
export async function randomCompact(
  ctx: Ctx,
  { config, weights }: OpenedModel,
  ratio: number,
): Promise<{ masks: Masks; compact: Model }> {
  const layout = gateLayout(config);
  const noise = (i: number): number => uniformNoise({ seed: 1, draw: DRAW.sample }, i) - 0.5;
  const logits = Float32Array.from({ length: layout.length }, (_, i) => noise(i));
  const { masks } = architectureOf(logits, { layout, budget: budgetOf(config), ratio });
  const lists = indexLists(masks);
  return { masks, compact: await loadModel(ctx, config, cutReader(weights, config.family, lists), { lists }) };
}
