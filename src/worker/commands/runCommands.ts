// Commands of the training run, of the current pruning and of saved runs.
import { invariant } from "../../engine/index.ts";
import type { CommandOf, Replies } from "../protocol.ts";
import type { ModelWithRun } from "../run/modelOnDevice.ts";
import { recordOf } from "../run/runRecords.ts";
import { pruneMlp, weightWindow } from "../run/weightPruning.ts";
import type { TaskControls } from "../tasks.ts";
import type { Handlers, WorkerState } from "./workerState.ts";

export function runCommands(state: WorkerState): Pick<Handlers, "train" | "step" | "pause" | "stop" | "reset"> {
  const { pruning } = state;
  return {
    train: ({ recipe }) => train(state, recipe),
    step: ({ recipe }) => train(state, recipe, 1),
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
): Pick<Handlers, "target" | "pruneWeights" | "weightWindow" | "record" | "restore"> {
  const { tasks, onDevice, pruning } = state;
  return {
    target: ({ ratio }) => pruning.moveTarget(ratio),
    pruneWeights: ({ recipe }) => tasks.run("weights", (controls) => pruneWeights(state, recipe, controls)),
    weightWindow: async (place) => {
      const { pruned } = pruning;
      invariant(pruned?.kind === "weights", "config", "no single weights are pruned; prune some first");
      return weightWindow(onDevice.opened().model, pruned, place);
    },
    record: ({ msPerToken }) => record(state, msPerToken),
    restore: async ({ run }) => pruning.restore(run),
  };
}

async function train(
  state: WorkerState,
  recipe: CommandOf<"train">["recipe"],
  steps?: number,
): Promise<Replies["train"]> {
  state.pruning.ratio = recipe.ratio;
  const { run } = state.onDevice.opened();
  return run.train(recipe, await state.text("calibration"), steps);
}

/** Interrupts the run. A measurement in the middle of it is cancelled, so that the run need not wait for its end. */
async function interrupt<T>({ onDevice, tasks }: WorkerState, work: (open: ModelWithRun) => Promise<T>): Promise<T> {
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
  const text = await state.text("calibration");
  const watch = { onProgress: report("parts"), cancelled };
  const { pruned, model } = await pruneMlp(onDevice.context(), opened, { text, recipe }, watch);
  return pruning.setWeights(pruned, model);
}

async function record(state: WorkerState, msPerToken: CommandOf<"record">["msPerToken"]): Promise<Replies["record"]> {
  const { onDevice, perplexities } = state;
  const { pruned } = state.pruning;
  if (!pruned || !onDevice.isOpen) return null;
  const { model } = onDevice.opened();
  const [perplexity] = perplexities.pairs(await state.text("evaluation"), pruned);
  const adapter = onDevice.context().gpu.facts.name;
  return perplexity ? recordOf(model, pruned, { adapter, perplexity, msPerToken }) : null;
}
