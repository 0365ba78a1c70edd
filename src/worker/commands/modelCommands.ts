// Commands of the open model: opening, the library of cached models, its texts, and the check of the adapter.
import { EngineError, followPlan } from "../../engine/index.ts";
import { evaluationTokensFor } from "../../shared/evaluationTokens.ts";
import type { TextSources } from "../../shared/texts.ts";
import type { CachedModel, ModelFacts, ModelSource, Replies } from "../protocol.ts";
import { checkAdapter } from "../check/checkAdapter.ts";
import { pausedOf, recoveryFileOf } from "../run/recoveryFile.ts";
import { TrainingRun } from "../run/trainingRun.ts";
import { forgetCached, holdModel, listCached } from "../storage/library.ts";
import { EXPORTS, removeUnclaimed } from "../storage/opfs.ts";
import { modelFacts, openModelSource } from "../storage/openModel.ts";
import { webScripts } from "../storage/sources.ts";
import { measureCurrent } from "./measureCommands.ts";
import { setMemory } from "./planCommands.ts";
import type { Handlers, WorkerState } from "./workerState.ts";

/** The models in the cache. What is listed can be opened without the network, so what opens it is loaded now. */
async function listOpenable(): Promise<CachedModel[]> {
  const models = await listCached();
  if (models.length > 0) await webScripts().catch(() => undefined);
  return models;
}

export function modelCommands(
  state: WorkerState,
): Pick<Handlers, "open" | "memory" | "library" | "forget" | "texts" | "selfCheck" | "cancel"> {
  const { tasks, onDevice } = state;
  return {
    open: ({ source }) => tasks.run("open", ({ signal }) => openSource(state, source, signal)),
    memory: (command) => setMemory(state, command),
    library: listOpenable,
    forget: ({ address }) => forgetCached(address),
    texts: (sources) => setTexts(state, sources),
    selfCheck: ({ measure }) =>
      tasks.run("selfCheck", async (controls) => {
        const { software } = (await onDevice.device()).gpu.facts;
        return checkAdapter({ measure, software }, controls);
      }),
    cancel: ({ task }) => {
      tasks.cancel(task);
      return Promise.resolve(null);
    },
  };
}

async function openSource(state: WorkerState, source: ModelSource, signal: AbortSignal): Promise<ModelFacts> {
  const { onDevice, perplexities, pruning, texts, send } = state;
  const ctx = await onDevice.device();
  // from now on no tab can remove its files
  const release = await holdModel(source);
  const opening = await openModelSource(ctx, source, signal, state).catch((error: unknown) => {
    release();
    throw error;
  });
  state.releaseModel();
  state.releaseModel = release;
  const { model, planned } = opening;
  const run = new TrainingRun(ctx, model, {
    send,
    onLogits: (logits) => pruning.setLogits(logits),
    measure: () => measureDuringRun(state),
    files: state.checkpoints,
  });
  // Masks and perplexities are only numbers: those of a model whose device was lost are still valid, and so is the chosen number of tokens.
  if (!(await onDevice.replace(model, run))) {
    perplexities.forget();
    state.taskScores?.forget();
    pruning.forget();
    state.evaluationTokens = evaluationTokensFor(ctx.gpu.facts);
  }
  perplexities.window = planned.plan.evaluationTokens;
  state.planned = planned;
  followPlan(ctx, planned.plan);
  texts.use(model.tokenizer);
  await run.findCheckpoint();
  // tabs that crashed leave exports as large as a model
  void removeUnclaimed(EXPORTS);
  const recovery = recoveryFileOf(state, model);
  state.claims.keepOnly(recovery.name);
  const paused = await recovery.saved();
  send({ type: "pausedRecovery", paused: paused ? pausedOf(paused) : null });
  return modelFacts(ctx, opening, source);
}

/** Measures the pruned model in the middle of a run. A failure or a cancel must not end the run, but a lost device does. */
async function measureDuringRun(state: WorkerState): Promise<void> {
  try {
    const { result, id: of } = await state.tasks.run("perplexity", (controls) =>
      measureCurrent(state, { subject: "pruned", tokens: state.evaluationTokens }, controls),
    );
    state.send({ type: "perplexity", result, of });
  } catch (thrown) {
    const error = EngineError.from(thrown);
    if (error.code === "device-lost") throw error;
    if (error.code !== "cancelled") state.send({ type: "error", error: error.toPlain(), during: "perplexity" });
  }
}

async function setTexts(state: WorkerState, { calibration, evaluation }: TextSources): Promise<Replies["texts"]> {
  const sources = { calibration, evaluation };
  // at once, so that every later command works on the texts that the page shows
  state.sources = sources;
  state.perplexities.forget();
  const replaced = (): boolean => state.sources !== sources;
  const { ids } = await state.texts.encoded(calibration, replaced);
  const { ids: evaluated } = await state.texts.encoded(evaluation, replaced);
  return { calibrationTokens: ids.length, evaluationTokens: evaluated.length };
}
