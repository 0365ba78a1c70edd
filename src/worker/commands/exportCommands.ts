// Commands that prepare and save exports, and time them.
import {
  approvePlan,
  checkedText,
  fileDtypes,
  formSizes,
  invariant,
  type Model,
  overlaid,
  perplexity,
  type PerplexityPair,
  RECIPE_BOUNDS,
  type RecoveryReceipt,
  weightFormSizes,
} from "../../engine/index.ts";
import { exportNested } from "../export/exportNested.ts";
import { type CommonOptions, commonOptions } from "../export/exportPruned.ts";
import { PreparedExports } from "../export/preparedExports.ts";
import { measureSpeed } from "../export/speed.ts";
import type { CommandOf, ExportChoice, Replies } from "../protocol.ts";
import { idOf, type Pruned } from "../run/pruned.ts";
import { readSource } from "../storage/texts.ts";
import type { TaskControls } from "../tasks.ts";
import { measureCurrent } from "./measureCommands.ts";
import { recoveryReceipt } from "./recoveryReceipt.ts";
import type { Handlers, WorkerState } from "./workerState.ts";

export function exportCommands(
  state: WorkerState,
): Pick<Handlers, "formSizes" | "prepareExport" | "prepareNested" | "saveZip" | "saveFolder" | "speed"> {
  const { tasks } = state;
  const prepared = new PreparedExports();
  return {
    formSizes: ({ choice }) => sizesOfForms(state, choice),
    prepareExport: (command) =>
      tasks.run("export", (controls) => prepareExport(state, command, { prepared, controls })),
    prepareNested: (command) =>
      tasks.run("export", async (controls) => {
        const options = await optionsOf(state, command.choice, controls);
        const others = state.pruning.otherRatios(await state.text("evaluation"));
        return exportNested(others, prepared, command, { ...options, report: controls.report });
      }),
    saveZip: ({ form }) =>
      tasks.run("save", ({ report, cancelled }) => prepared.saveZip(form, { onBytes: report("bytes"), cancelled })),
    saveFolder: ({ form, folder }) =>
      tasks.run("save", ({ report, cancelled }) =>
        prepared.saveFolder(form, folder, { onBytes: report("bytes"), cancelled }),
      ),
    speed: () => tasks.run("speed", (controls) => speed(state, prepared, controls)),
  };
}

async function prepareExport(
  state: WorkerState,
  { forms, choice }: CommandOf<"prepareExport">,
  { prepared, controls }: { prepared: PreparedExports; controls: TaskControls },
): Promise<Replies["prepareExport"]> {
  const { onDevice } = state;
  const { model } = onDevice.opened();
  const { pruned } = state.pruning;
  invariant(pruned, "config", "There is nothing to export yet: train for at least one step, or prune weights.");
  const options = await optionsOf(state, choice, controls);
  const measured = await measuredPairs(state, pruned, controls);
  const what = { pruned, models: onDevice.pruned, forms, gguf: choice.gguf !== null };
  const checks = await prepared.prepare(onDevice.context(), model, what, {
    ...options,
    receipt: { ...options.receipt, ...measured },
    onProgress: controls.report("bytes"),
    perplexityOf: (stored) => perplexityOfStored(state, stored, controls),
  });
  return { checks, of: idOf(pruned) };
}

/** Perplexity of what a quantised file stores, on the tokens that are measured. */
async function perplexityOfStored(
  state: WorkerState,
  model: Model,
  { report, cancelled }: TaskControls,
): Promise<number> {
  const { ids } = await state.text("evaluation");
  const windows = report("windows");
  const { value } = await perplexity(state.onDevice.context(), model, ids.subarray(0, state.evaluationTokens), {
    context: Math.min(state.perplexities.window, model.config.context),
    ...{ cancelled, onWindow: (done, of) => windows(done, of, "perplexity of the quantised file:") },
  });
  return value;
}

async function sizesOfForms(
  { onDevice, pruning }: WorkerState,
  { dtype }: ExportChoice,
): Promise<Replies["formSizes"]> {
  const { model } = onDevice.opened();
  const pruned = pruning.required();
  const { values, recovery } = pruned;
  const subject = values && recovery ? { ...model, weights: overlaid(model.weights, values), recovered: true } : model;
  const choice = dtype ? { dtype } : {};
  const sizes =
    pruned.kind === "gates"
      ? await formSizes(subject, pruned.masks, choice)
      : await weightFormSizes(subject, pruned.masks, {
          ...{ ...choice, updated: pruned.recipe.method === "sparsegpt" && !recovery },
        });
  return { sizes, of: idOf(pruned) };
}

/** Perplexities for the receipt, as far as measured. Those of a recovered model are measured now if they are missing, for the one before is stated with them. */
async function measuredPairs(
  state: WorkerState,
  pruned: Pruned,
  controls: TaskControls,
): Promise<{ perplexity: readonly PerplexityPair[]; recovery?: RecoveryReceipt }> {
  const pairs = async (): Promise<readonly PerplexityPair[]> =>
    state.perplexities.pairs(await state.text("evaluation"), pruned);
  if (!pruned.recovery) return { perplexity: await pairs() };
  if ((await pairs()).length === 0)
    for (const subject of ["dense", "pruned"] as const)
      await measureCurrent(state, { subject, tokens: state.evaluationTokens }, controls);
  const perplexity = await pairs();
  const [pair] = perplexity;
  invariant(
    pair,
    "config",
    "The recovered model was not measured on equal tokens as the dense one: wait for the perplexities, then export.",
  );
  const recovery = await recoveryReceipt(state, pruned, pair, controls);
  return { perplexity, ...(recovery ? { recovery } : {}) };
}

/** Frees the memory of training steps for a compact model where it has no room beside them. Throws "limit" with numbers if that is not enough. */
async function approveSpeed({ onDevice, planned }: WorkerState): Promise<void> {
  const ctx = onDevice.context();
  if (ctx.compact || !planned) return;
  const { name, config, weights } = onDevice.opened().model;
  const choice = { ...planned.plan, trainingTokens: RECIPE_BOUNDS.tokens.min, compact: true };
  const subject = { name: `Measuring the speed of the pruned ${name}`, config, choice };
  await approvePlan(ctx.gpu.facts, { ...subject, dtypes: fileDtypes(config, weights) });
  ctx.freeStep();
}

async function speed(
  state: WorkerState,
  prepared: PreparedExports,
  { report, cancelled }: TaskControls,
): Promise<Replies["speed"]> {
  const { onDevice } = state;
  const { model: opened } = onDevice.opened();
  const { pruned: exported, onnx } = await prepared.speedSubjects(opened);
  const { ids } = await state.text("evaluation");
  const ctx = onDevice.context();
  await approveSpeed(state);
  const measured = state.pruning.withModel(
    exported,
    (pruned) => {
      const subjects = { opened, pruned, ids, ...(onnx ? { onnx } : {}) };
      return measureSpeed(ctx, subjects, { onPart: report("parts"), cancelled });
    },
    true,
  );
  // a copy for which there is no memory otherwise exists only while it is measured
  return measured.finally(() => {
    if (!ctx.compact && state.pruning.pruned?.kind === "gates") onDevice.pruned.free();
  });
}

async function optionsOf(
  state: WorkerState,
  choice: ExportChoice,
  { cancelled }: TaskControls,
): Promise<CommonOptions> {
  const { onDevice } = state;
  const { model } = onDevice.opened();
  const options = await commonOptions(onDevice.context(), model, await state.text("evaluation"), choice);
  // tokens of the text are compared where GGUF is written
  const text = choice.gguf && checkedText(model.tokenizer, await readSource(state.sources.evaluation));
  return { ...options, ...(text ? { text } : {}), cancelled };
}
