// All checks of one golden case, as `npm run parity` reports them.
import type { Ctx } from "../ctx.ts";
import type { WeightStorage } from "../dtype.ts";
import type { Folder } from "../formats/files/folder.ts";
import { loadModel } from "../model/load.ts";
import { openedStorage, precisionOfStorage } from "../model/matrixStorage.ts";
import { openCase } from "./case.ts";
import { checkModel } from "./model.ts";
import { checkRecovery } from "./recover.ts";
import { checkTraining } from "./training.ts";
import { checkWeightPruning } from "./weights.ts";

interface GoldenReport {
  case: string;
  adapter: string;
  precision: WeightStorage;
  checks: Record<string, { ok: boolean; worst: number; limit: number }>;
}

/** Settings of `checkGolden` that are not in the case's folder. */
interface GoldenOptions {
  /** The model's folder; default: the case's. */
  model?: Folder;
  /** How matrices are stored on the GPU; default: f32. */
  precision?: WeightStorage;
}

/** Opens a case and runs every check that it has reference values for. Throws what `openCase` throws. */
export async function checkGolden(
  ctx: Ctx,
  folder: Folder,
  { model: modelFolder = folder, precision = "f32" }: GoldenOptions = {},
): Promise<GoldenReport> {
  const golden = await openCase(folder, modelFolder);
  const model = await loadModel(ctx, golden.config, golden.weights, {
    precision: precisionOfStorage(precision),
    storage: openedStorage(precision, golden.config, golden.weights),
  });
  try {
    const checks = await checkModel(ctx, golden, model);
    for (const [name, training] of golden.trainings) checks.push(...(await checkTraining(ctx, name, training, model)));
    // Rounding changes the order of nearly equal weights and so the masks, which PyTorch made from weights that are not rounded.
    const prunings = precision === "f16" ? [] : golden.prunings;
    for (const pruning of prunings) checks.push(...(await checkWeightPruning(ctx, golden, pruning, model)));
    for (const named of golden.recoveries) checks.push(...(await checkRecovery(ctx, golden, named, model)));
    return {
      case: folder.name,
      adapter: ctx.gpu.facts.name,
      precision,
      checks: Object.fromEntries(checks.map(({ name, ok, worst, limit }) => [name, { ok, worst, limit }])),
    };
  } finally {
    model.free();
  }
}
