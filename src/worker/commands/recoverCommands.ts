// Commands that refit or train the kept weights of the current pruning, and that undo it; and what receipts and records say of it.
import { invariant, type PerplexityPair, type RecoveryReceipt } from "../../engine/index.ts";
import type { CommandOf, PerplexityResult, Replies } from "../protocol.ts";
import type { Pruned } from "../run/pruned.ts";
import { refitPruning } from "../run/refit.ts";
import { recoverPruning } from "../run/recovery.ts";
import type { TaskControls } from "../tasks.ts";
import { measureCurrent } from "./measureCommands.ts";
import type { Handlers, WorkerState } from "./workerState.ts";

export function recoverCommands(state: WorkerState): Pick<Handlers, "recover" | "refit" | "undoRecovery"> {
  return {
    recover: (command) => state.tasks.run("recover", (controls) => recoverCurrent(state, command, controls)),
    refit: (command) => state.tasks.run("recover", (controls) => refitCurrent(state, command, controls)),
    undoRecovery: async () => {
      const { recovery } = state.pruning.required();
      invariant(recovery, "config", "The current pruning was not recovered, so there is nothing to undo.");
      return state.pruning.replace(recovery.before);
    },
  };
}

async function recoverCurrent(
  state: WorkerState,
  { choice, tokens }: CommandOf<"recover">,
  controls: TaskControls,
): Promise<Replies["recover"]> {
  const { onDevice, pruning, perplexities, send } = state;
  const { model: opened, run } = onDevice.opened();
  invariant(run.state.phase !== "training", "config", "a run is training: pause it, then recover");
  const pruned = pruning.required();
  invariant(
    !pruned.recovery?.recipe,
    "config",
    "The current pruning is recovered already: undo that first, then recover again.",
  );
  const text = await state.text("calibration");
  state.evaluationTokens = tokens;
  const before = await readingOf(state, controls);
  const steps = controls.report("steps");
  const work = { opened, pruned, model: await pruning.model(), choice, text, context: perplexities.window, before };
  const { facts, recovered } = await recoverPruning(onDevice.context(), work, {
    onStep: (step, of, kl) => steps(step, of, `KL ${kl.toFixed(4)}`),
    onGuard: (reading) => send({ type: "guard", reading }),
    cancelled: controls.cancelled,
  });
  return { facts, pruned: recovered ? pruning.replace(recovered) : null };
}

async function refitCurrent(
  state: WorkerState,
  { tokens }: CommandOf<"refit">,
  controls: TaskControls,
): Promise<Replies["refit"]> {
  const { onDevice, pruning, perplexities } = state;
  const { model: opened, run } = onDevice.opened();
  invariant(run.state.phase !== "training", "config", "a run is training: pause it, then refit");
  const pruned = pruning.required();
  const again = "The current pruning is refitted or recovered already: undo that first, then refit.";
  invariant(!pruned.recovery, "config", again);
  const text = await state.text("calibration");
  state.evaluationTokens = tokens;
  const before = await readingOf(state, controls);
  const work = { opened, pruned, model: await pruning.model(), text, context: perplexities.window, before };
  const onProgress = controls.report("parts");
  const watch = { onProgress, cancelled: controls.cancelled };
  const { facts, recovered } = await refitPruning(onDevice.context(), work, watch);
  return { facts, pruned: recovered ? pruning.replace(recovered) : null };
}

/** Perplexity of the current pruning on the evaluation text; measured if it was not yet. Throws "cancelled". */
async function readingOf(state: WorkerState, controls: TaskControls): Promise<PerplexityResult> {
  const known = state.perplexities.prunedOf(await state.text("evaluation"), state.pruning.required());
  if (known) return known;
  return (await measureCurrent(state, { subject: "pruned", tokens: state.evaluationTokens }, controls)).result;
}

/**
 * The recovery in a receipt or a record with this perplexity; undefined where there was none. The perplexity before it is measured again if
 * text or tokens have changed since. Throws "cancelled".
 */
export async function recoveryReceipt(
  state: WorkerState,
  { recovery }: Pruned,
  pair: PerplexityPair,
  { cancelled }: Pick<TaskControls, "cancelled">,
): Promise<RecoveryReceipt | undefined> {
  if (!recovery) return undefined;
  const { before: last, reading: lastReading, ...receipt } = recovery;
  // Before training after a refit, the refit came first.
  const { before, reading } = last.recovery ?? { before: last, reading: lastReading };
  const { onDevice, perplexities } = state;
  const [ctx, { model: opened }] = [onDevice.context(), onDevice.opened()];
  const same =
    reading.text.sha256 === pair.text.sha256 && reading.tokens === pair.tokens && reading.context === pair.context;
  if (same) return { ...receipt, prunedBefore: reading.value };
  const job = {
    ...{ opened, text: await state.text("evaluation"), tokens: pair.tokens },
    ...(before.kind === "gates" ? { masks: before.masks } : {}),
    model: () => onDevice.pruned.of(ctx, opened, before),
  };
  const { value } = await perplexities.measureOnce(ctx, job, { cancelled });
  return { ...receipt, prunedBefore: value };
}
