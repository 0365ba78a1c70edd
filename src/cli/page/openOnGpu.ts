// Opens a model on the GPU by a memory plan that fits.
import {
  approvePlan,
  countRecovery,
  Ctx,
  DEFAULT_RECIPE,
  EngineError,
  followPlan,
  Gpu,
  mainDtype,
  type MemoryPlan,
  openModel,
  type OpenedModel,
  tuneModel,
} from "../../engine/index.ts";
import { servedMatmulStore } from "./matmulStore.ts";
import type { Reporter } from "./reports.ts";
import type { RunRequest } from "./runRequest.ts";
import { servedModel } from "./servedModel.ts";

/** The memory plan that a command followed. */
export type FollowedPlan = Pick<MemoryPlan, "recompute" | "compact" | "totalBytes">;

export interface ModelOnGpu {
  ctx: Ctx;
  opened: OpenedModel;
  plan: FollowedPlan;
}

/** The model on the GPU, after its memory plan was approved. Steps then follow that plan. */
export async function openOnGpu(
  request: Pick<
    RunRequest,
    "model" | "precision" | "stepTokens" | "recoveryPlan" | "context" | "tuneFolder" | "host" | "memoryBytes"
  >,
  report: Reporter,
): Promise<ModelOnGpu> {
  const { precision, stepTokens, recoveryPlan, context, tuneFolder, host, memoryBytes } = request;
  const ctx = new Ctx(await Gpu.open());
  const folder = await servedModel(request.model);
  let plan: MemoryPlan | undefined;
  const opened = await openModel(ctx, folder, {
    precision,
    onConfig: async (config, dtypes) => {
      const choice = {
        precision,
        trainingTokens: stepTokens ?? DEFAULT_RECIPE.tokens,
        evaluationTokens: Math.min(context, config.context),
        ...(memoryBytes === undefined ? {} : { memoryBytes }),
      };
      plan = await approvePlan(ctx.gpu.facts, {
        ...{ name: folder.name, config, choice, dtypes },
        ...(recoveryPlan ? { count: countRecovery(recoveryPlan) } : {}),
      });
      followPlan(ctx, plan);
      if (tuneFolder === null) return;
      const { notes } = await tuneModel(ctx, config, {
        ...{ ...choice, precision: mainDtype(precision, config, dtypes) },
        ...{ store: servedMatmulStore(tuneFolder), browser: host },
        onProgress: (done, of) => report({ stage: "tune", done, of }),
      });
      for (const notice of notes) report({ notice });
    },
    onProgress: (done, of) => report({ stage: "open", done, of }),
  });
  for (const notice of opened.notes) report({ notice });
  if (!plan) throw new EngineError("bug", "the model was opened without a memory plan");
  const { recompute, compact, totalBytes } = plan;
  return { ctx, opened, plan: { recompute, compact, totalBytes } };
}
