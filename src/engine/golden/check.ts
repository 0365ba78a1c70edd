// All checks of one golden case, as `npm run parity` reports them.
import type { Ctx } from "../ctx.ts";
import type { Folder } from "../formats/folder.ts";
import { loadModel } from "../model/load.ts";
import { openCase } from "./case.ts";
import { checkModel } from "./model.ts";
import { checkTraining } from "./training.ts";
import { checkWeightPruning } from "./weights.ts";

export interface GoldenReport {
  case: string;
  adapter: string;
  checks: Record<string, { ok: boolean; worst: number; limit: number }>;
}

/** Opens a case and runs every check that it has numbers for. Throws where it cannot be read. */
export async function checkGolden(ctx: Ctx, folder: Folder): Promise<GoldenReport> {
  const golden = await openCase(folder);
  const model = await loadModel(ctx, golden.config, golden.weights);
  try {
    const checks = await checkModel(ctx, golden, model);
    for (const [name, training] of golden.trainings) checks.push(...(await checkTraining(ctx, name, training, model)));
    for (const pruning of golden.prunings) checks.push(...(await checkWeightPruning(ctx, golden, pruning, model)));
    return {
      case: folder.name,
      adapter: ctx.gpu.facts.name,
      checks: Object.fromEntries(checks.map(({ name, ok, worst, limit }) => [name, { ok, worst, limit }])),
    };
  } finally {
    model.free();
  }
}
