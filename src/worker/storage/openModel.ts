// Opens a model in the worker: gets its files, plans its memory, loads its weights onto the GPU, and collects the facts that the page shows.
import {
  approvePlan,
  countParameters,
  type Ctx,
  DEFAULT_RECIPE,
  invariant,
  licenceOf,
  openModel,
  type OpenedModel,
  type PlanChoice,
  type PlanResult,
  type TunedModel,
  tuneModel,
} from "../../engine/index.ts";
import { noteCard } from "./library.ts";
import { matmulStore } from "./matmulStore.ts";
import { MAX_WINDOW } from "../measure/perplexities.ts";
import { freeBytes } from "./opfs.ts";
import { reporter } from "../progress.ts";
import type { ModelFacts, ModelSource, WorkerEvent } from "../protocol.ts";
import { folderOfSource } from "./sources.ts";

/** How a model is opened unless its source says otherwise. */
const DEFAULT_CHOICE: PlanChoice = {
  precision: "f32",
  trainingTokens: DEFAULT_RECIPE.tokens,
  evaluationTokens: MAX_WINDOW,
};

interface OpenResult {
  model: OpenedModel;
  choice: PlanChoice;
  licence: string;
  /** The matmul kernels that were chosen for it. */
  tuned: TunedModel;
}

/** Fetches missing files, plans the memory, chooses matmul kernels and loads the weights. Sends progress and the plan. Throws "cancelled", and the error of whatever refuses the model. */
export async function openModelSource(
  ctx: Ctx,
  source: ModelSource,
  signal: AbortSignal,
  send: (event: WorkerEvent) => void,
): Promise<OpenResult> {
  const onProgress = stages(send);
  const folder = await folderOfSource(source, { signal, onProgress });
  const choice = source.choice ?? DEFAULT_CHOICE;
  const licence = await licenceOf(folder);
  const before = ctx.matmul;
  let tuned: TunedModel | undefined;
  const opening = openModel(ctx, folder, {
    precision: choice.precision,
    onConfig: async (config) => {
      const storageFreeBytes = (await freeBytes()) ?? null;
      const onPlan = (planned: PlanResult): void => send({ type: "plan", planned, storageFreeBytes });
      await approvePlan(ctx.gpu.facts, { name: folder.name, config, choice }, onPlan);
      tuned = await tuneModel(ctx, config, {
        ...choice,
        ...{ signal, store: matmulStore, browser: navigator.userAgent },
        onProgress: (done, of) => onProgress(done, of, CHOOSING),
      });
    },
    cancelled: () => signal.aborted,
    onProgress: (done, of) => onProgress(done, of, "uploading to the GPU"),
  });
  try {
    const model = await opening;
    invariant(tuned, "bug", "the model was opened without choosing its matmul kernels");
    return { model, choice, licence, tuned };
  } catch (error) {
    ctx.matmul = before; // the previous model stays open
    throw error;
  }
}

/** The note of the stage whose progress counts shapes; the others count bytes. */
const CHOOSING = "choosing matmul kernels";

/** Progress in consecutive stages, each with a pace of its own; a new note begins a new stage. */
function stages(send: (event: WorkerEvent) => void): (done: number, of: number, note: string) => void {
  const begin = (note: string): ReturnType<typeof reporter> =>
    reporter("open", note === CHOOSING ? "shapes" : "bytes", (progress) => send({ type: "progress", progress }));
  let stage = "";
  let report = begin(stage);
  return (done, of, note) => {
    if (note !== stage) report = begin(note);
    stage = note;
    report(done, of, note);
  };
}

/** Facts about the open model for the page. Also stores a fetched model's card in the library. */
export async function modelFacts(
  ctx: Ctx,
  { model: opened, choice, licence, tuned }: OpenResult,
  source: ModelSource,
): Promise<ModelFacts> {
  const { name, fingerprint, folder, config, dtype, weights, model, notes } = opened;
  const { modelType, layers, dModel, dMlp, heads, kvHeads, headDim, glu, vocab, context } = config;
  const { name: adapter, software } = ctx.gpu.facts;
  if (source.kind === "hub" || source.kind === "cached") await noteCard(source.address, { family: modelType, licence });
  return {
    ...{ name, fingerprint },
    ...{ modelType, layers, dModel, dMlp, heads, kvHeads, headDim, glu, vocab, context },
    dtype,
    parameters: countParameters(config),
    fileBytes: folder.stored?.bytes ?? weights.sizeBytes,
    fileDtype: folder.stored?.dtype ?? dtype,
    gpuDtype: choice.precision,
    gpuBytes: model.gpuBytes,
    licence,
    adapter: { name: adapter, software },
    notes,
    matmul: tuned,
  };
}
