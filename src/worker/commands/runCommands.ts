// Commands of the training run, of the current pruning and of saved runs.
import { EngineError, invariant, isGpuMemory, type PerplexityPair } from "../../engine/index.ts";
import { perplexityOfMasks } from "../measure/otherRatios.ts";
import type { CommandOf, Replies } from "../protocol.ts";
import type { ModelWithRun } from "../run/modelOnDevice.ts";
import type { Pruned } from "../run/pruned.ts";
import { recordOf } from "../run/runRecords.ts";
import { pruneMlp, weightWindow } from "../run/weightPruning.ts";
import type { TaskControls } from "../tasks.ts";
import { fallBack } from "./planCommands.ts";
import { recoveryReceipt } from "./recoveryReceipt.ts";
import type { Handlers, WorkerState } from "./workerState.ts";

export function runCommands(state: WorkerState): Pick<Handlers, "train" | "step" | "pause" | "stop" | "reset"> {
  const { pruning } = state;
  return {
    train: (command) => train(state, command, command.resume ? { resume: true } : {}),
    step: (command) => train(state, command, { steps: 1 }),
    pause: () => interrupt(state, ({ run }) => run.pause()),
    stop: () => interrupt(state, ({ run }) => run.stop()),
    reset: () =>
      interrupt(state, async ({ run }) => {
        const idle = await run.reset();
        pruning.forget();
        return idle;
      }),
  };
}

export function pruningCommands(
  state: WorkerState,
): Pick<Handlers, "target" | "gateLogits" | "pruneWeights" | "weightWindow" | "record" | "restore" | "showDense"> {
  const { tasks, onDevice, pruning } = state;
  return {
    target: ({ ratio, show }) => pruning.moveTarget(ratio, show),
    gateLogits: () => Promise.resolve(pruning.gateLogits()),
    pruneWeights: ({ recipe }) => tasks.run("weights", (controls) => pruneWeights(state, recipe, controls)),
    weightWindow: async (place) => {
      const { pruned } = pruning;
      invariant(pruned?.kind === "weights", "config", "no single weights are pruned; prune some first");
      return weightWindow(onDevice.opened().model, pruned, place);
    },
    record: (command) => record(state, command),
    restore: async ({ run }) => pruning.restore(run),
    showDense: () => Promise.resolve(pruning.showDense()),
  };
}

async function train(
  state: WorkerState,
  { recipe, tokens }: Pick<CommandOf<"train">, "recipe" | "tokens">,
  options: { steps?: number; resume?: true },
): Promise<Replies["train"]> {
  state.pruning.ratio = recipe.ratio;
  state.evaluationTokens = tokens;
  const { run } = state.onDevice.opened();
  state.startStopped = false;
  const text = await state.text("calibration", () => state.startStopped);
  for (;;) {
    try {
      // the target may have moved since the command
      return await run.train({ ...recipe, ratio: state.pruning.ratio }, text, options);
    } catch (error) {
      // from the last checkpoint on, which the run has read again
      if (!isGpuMemory(EngineError.from(error)) || !(await fallBack(state))) throw error;
    }
  }
}

/** Interrupts the run. A measurement in the middle of it is cancelled, so that the run need not wait for its end. */
async function interrupt<T>(state: WorkerState, work: (open: ModelWithRun) => Promise<T>): Promise<T> {
  const { onDevice, tasks } = state;
  state.startStopped = true;
  const open = onDevice.opened();
  if (open.run.state.phase === "training") tasks.cancel("perplexity");
  return work(open);
}

async function pruneWeights(
  state: WorkerState,
  recipe: CommandOf<"pruneWeights">["recipe"],
  { report, cancelled }: TaskControls,
): Promise<Replies["pruneWeights"]> {
  const { onDevice, pruning } = state;
  const { model: opened, run } = onDevice.opened();
  invariant(run.state.phase !== "training", "config", "a run is training: pause it, then prune single weights");
  const text = await state.text("calibration", cancelled);
  const watch = { onProgress: report("parts"), cancelled };
  const { pruned, model } = await pruneMlp(onDevice.context(), opened, { text, recipe }, watch);
  return pruning.setWeights(pruned, model);
}

async function record(
  state: WorkerState,
  { of, msPerToken }: Pick<CommandOf<"record">, "of" | "msPerToken">,
): Promise<Replies["record"]> {
  const { onDevice, pruning, tasks } = state;
  if (!onDevice.isOpen || (of === "shown" && !pruning.pruned)) return null;
  const { pruned, perplexity } = of === "run" ? await trainedRun(state) : await shownPruning(state);
  const adapter = onDevice.context().gpu.facts.name;
  if (!perplexity) return null;
  const recovery = await tasks.run("perplexity", (controls) => recoveryReceipt(state, pruned, perplexity, controls));
  const measured = { adapter, perplexity, msPerToken, ...(recovery ? { recovery } : {}) };
  return recordOf(onDevice.opened().model, pruned, measured);
}

interface Measured {
  pruned: Pruned;
  perplexity: PerplexityPair | undefined;
}

/** The current pruning with its perplexity, if it was measured. */
async function shownPruning(state: WorkerState): Promise<Measured> {
  const pruned = state.pruning.required();
  return { pruned, perplexity: state.perplexities.pairs(await state.text("evaluation"), pruned)[0] };
}

/** The run at its trained ratio. Its perplexity is from the cache, or measured. Throws "cancelled". */
async function trainedRun(state: WorkerState): Promise<Measured> {
  const { tasks, pruning, perplexities, onDevice, evaluationTokens } = state;
  const pruned = pruning.trained();
  const text = await state.text("evaluation");
  const perplexity = await tasks.run("perplexity", async ({ cancelled }) => {
    const result = await perplexityOfMasks(pruning.otherRatios(text), pruned.masks, evaluationTokens, { cancelled });
    const { model: opened } = onDevice.opened();
    return perplexities.pairWithDense(onDevice.context(), result, { opened, text }, { cancelled });
  });
  return { pruned, perplexity };
}
