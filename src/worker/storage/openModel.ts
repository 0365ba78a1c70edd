// Opening a model in the worker: its source fetched or read, its memory planned, its weights on the GPU; and the facts that the page shows.
import {
  approvePlan,
  countParameters,
  type Ctx,
  DEFAULT_RECIPE,
  licenceOf,
  openModel,
  type OpenedModel,
  type PlanChoice,
  type PlanResult,
} from "../../engine/index.ts";
import { noteCard } from "./library.ts";
import { MAX_WINDOW } from "../run/perplexities.ts";
import { freeStorage } from "./opfs.ts";
import { reporter } from "../progress.ts";
import type { ModelFacts, ModelSource, WorkerEvent } from "../protocol.ts";
import { folderOfSource } from "./sources.ts";

/** How a model is opened where nothing else is asked for. */
const USUAL: PlanChoice = {
  precision: "f32",
  trainingTokens: DEFAULT_RECIPE.tokens,
  evaluationTokens: MAX_WINDOW,
};

export interface OpenResult {
  model: OpenedModel;
  choice: PlanChoice;
  licence: string;
}

/** Fetches what has to be fetched, plans, loads; sends progress and the plan. Throws "cancelled", and whatever refuses a model. */
export async function openModelSource(
  ctx: Ctx,
  source: ModelSource,
  signal: AbortSignal,
  send: (event: WorkerEvent) => void,
): Promise<OpenResult> {
  const onProgress = phases(send);
  const folder = await folderOfSource(source, { signal, onProgress });
  const choice = source.choice ?? USUAL;
  const licence = await licenceOf(folder);
  const model = await openModel(ctx, folder, {
    precision: choice.precision,
    onConfig: async (config) => {
      const storageFreeBytes = await freeStorage();
      const onPlan = (news: PlanResult): void => send({ type: "plan", news, storageFreeBytes });
      await approvePlan(ctx.gpu.facts, { name: folder.name, config, choice }, onPlan);
    },
    cancelled: () => signal.aborted,
    onProgress: (done, of) => onProgress(done, of, "uploading to the GPU"),
  });
  return { model, choice, licence };
}

/** Progress in phases that follow each other, each with its own pace. */
function phases(send: (event: WorkerEvent) => void): (done: number, of: number, note: string) => void {
  const begin = (): ReturnType<typeof reporter> =>
    reporter("open", "bytes", (progress) => send({ type: "progress", progress }));
  let phase = "";
  let report = begin();
  return (done, of, note) => {
    if (note !== phase) report = begin();
    phase = note;
    report(done, of, note);
  };
}

/** What the page is told; a fetched model's card is noted in the library. */
export async function modelFacts(
  ctx: Ctx,
  { model: opened, licence }: OpenResult,
  source: ModelSource,
): Promise<ModelFacts> {
  const { name, config, dtype, weights, model } = opened;
  const { modelType, layers, dModel, dMlp, heads, kvHeads, headDim, vocab, context } = config;
  const { name: adapter, software } = ctx.gpu.facts;
  if (source.kind === "hub" || source.kind === "cached") await noteCard(source.address, { family: modelType, licence });
  return {
    name,
    ...{ modelType, layers, dModel, dMlp, heads, kvHeads, headDim, vocab, context },
    dtype,
    parameters: countParameters(config),
    fileBytes: weights.sizeBytes,
    gpuBytes: model.gpuBytes,
    licence,
    adapter: { name: adapter, software },
  };
}
