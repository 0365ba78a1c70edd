// How much GPU memory grows with the architectures that are shown: each is loaded, measured and freed, as moving the slider does.
import type { Ctx } from "../engine/ctx.ts";
import type { Folder } from "../engine/formats/files/folder.ts";
import { perplexity } from "../engine/evaluate/perplexity.ts";
import { architectureOf } from "../engine/masks/architecture.ts";
import { budgetOf } from "../engine/masks/budget.ts";
import { gateLayout, sharingOf } from "../engine/masks/gates.ts";
import { openModel } from "../engine/model/open.ts";
import { compactModel } from "../engine/prune/gates/modelOfMasks.ts";
import { DEFAULT_RECIPE } from "../engine/recipes/recipe.ts";

const ARCHITECTURES = 50;
/** The first ones allocate what all of them need. */
const WARM_UP = 5;
const TOKENS = 128;

/** Largest over smallest value, minus 1. */
export interface MemorySpread {
  bytes: number;
  buffers: number;
}

/** Shows 50 architectures of one ratio; returns the spread of the bytes and buffers that are alive while each is shown. Frees the model. */
export async function spreadOverArchitectures(ctx: Ctx, folder: Folder): Promise<MemorySpread> {
  const opened = await openModel(ctx, folder);
  const { config, model } = opened;
  const layout = gateLayout(config);
  const ids = Uint32Array.from({ length: TOKENS }, (_, i) => (i * 7919) % config.vocab);
  const seen: { bytes: number; buffers: number }[] = [];
  await perplexity(ctx, model, ids, { context: 64 });
  for (let i = 0; i < ARCHITECTURES; i++) {
    const logits = Float32Array.from({ length: layout.length }, (_, gate) => Math.sin((gate + 1) * (i + 1) * 12.9898));
    const sharing = sharingOf(DEFAULT_RECIPE, layout);
    const { masks } = architectureOf(logits, { layout, budget: budgetOf(config), ratio: 0.5, sharing });
    const pruned = await compactModel(ctx, opened, masks);
    await perplexity(ctx, pruned, ids, { context: 64 });
    const { bytesInUse: bytes, count: buffers } = ctx.buffers;
    seen.push({ bytes, buffers });
    pruned.free();
  }
  model.free();
  const late = seen.slice(WARM_UP);
  const spread = (of: (one: { bytes: number; buffers: number }) => number): number =>
    Math.max(...late.map(of)) / Math.min(...late.map(of)) - 1;
  return { bytes: spread(({ bytes }) => bytes), buffers: spread(({ buffers }) => buffers) };
}
