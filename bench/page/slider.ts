// Moving the target after a run for every ratio: hypernetwork forward, read-back and masks at the ratio, as in the worker.
import { budgetOf, type Ctx, DEFAULT_RECIPE, gateLayout, type OpenedModel, Session } from "../../src/engine/index.ts";
import { prunedAt } from "../../src/worker/run/pruned.ts";
import { spreadOf, type Spread } from "../../src/lab/timing.ts";

const RECIPE = { ...DEFAULT_RECIPE, ratioMode: "every", tokens: 32, steps: 2 } as const;
/** Ratios between the recipe's bounds, from one end to the other and back; no two neighbours are equal. */
const POSITIONS = 59;

export interface SliderFigure {
  positions: number;
  ms: Spread;
  /** The first move allocates, so `ms` leaves it out. */
  firstMs: number;
}

/** Moves the target over all positions, `rounds` times. Two training steps are enough: times do not depend on what was learnt. */
export async function benchSlider(
  ctx: Ctx,
  { model, config }: OpenedModel,
  ids: Uint32Array,
  rounds: number,
): Promise<SliderFigure> {
  const session = new Session(ctx, model, { recipe: RECIPE, text: ids, subject: "bench" });
  try {
    await session.run({ due: () => false, onReport: () => undefined });
    const [layout, budget] = [gateLayout(config), budgetOf(config)];
    const about = {
      run: "bench",
      recipe: RECIPE,
      targets: [],
      step: session.step,
      calibration: { name: "", sha256: "" },
    };
    const move = async (ratio: number): Promise<number> => {
      const began = performance.now();
      prunedAt({ ...about, values: await session.logits(ratio) }, layout, budget, ratio);
      return performance.now() - began;
    };
    const firstMs = await move(RECIPE.ratio);
    const ms: number[] = [];
    for (let i = 0; i < rounds * POSITIONS; i++) ms.push(await move(positionAt(i)));
    return { positions: POSITIONS, ms: spreadOf(ms), firstMs };
  } finally {
    session.free();
    ctx.freeStep();
  }
}

/** The ratio of move i: up through the positions, then down again. */
function positionAt(i: number): number {
  const there = i % (2 * POSITIONS - 2);
  const way = Math.min(there, 2 * POSITIONS - 2 - there) / (POSITIONS - 1);
  return RECIPE.ratioFrom + way * (RECIPE.ratioTo - RECIPE.ratioFrom);
}
