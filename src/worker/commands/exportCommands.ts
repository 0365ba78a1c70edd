// Commands that prepare and save exports, and time them.
import { invariant } from "../../engine/index.ts";
import { exportNested } from "../export/exportNested.ts";
import { type CommonOptions, commonOptions } from "../export/exportPruned.ts";
import { measureSpeed } from "../export/speed.ts";
import type { CommandOf, ExportChoice, Replies } from "../protocol.ts";
import { idOf } from "../run/pruned.ts";
import type { TaskControls } from "../tasks.ts";
import type { Handlers, WorkerState } from "./workerState.ts";

export function exportCommands(
  state: WorkerState,
): Pick<Handlers, "prepareExport" | "prepareNested" | "saveZip" | "saveFolder" | "speed"> {
  const { tasks, prepared } = state;
  return {
    prepareExport: (command) => tasks.run("export", (controls) => prepareExport(state, command, controls)),
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
    speed: () => tasks.run("speed", (controls) => speed(state, controls)),
  };
}

async function prepareExport(
  state: WorkerState,
  { forms, choice }: CommandOf<"prepareExport">,
  controls: TaskControls,
): Promise<Replies["prepareExport"]> {
  const { onDevice, perplexities, prepared } = state;
  const { model } = onDevice.opened();
  const { pruned } = state.pruning;
  invariant(pruned, "config", "There is nothing to export yet: train for at least one step, or prune weights.");
  const options = await optionsOf(state, choice, controls);
  const perplexity = perplexities.pairs(await state.text("evaluation"), pruned);
  const what = { pruned, models: onDevice.pruned, forms };
  const checks = await prepared.prepare(onDevice.context(), model, what, {
    ...options,
    receipt: { ...options.receipt, perplexity },
    onProgress: controls.report("bytes"),
  });
  return { checks, of: idOf(pruned) };
}

async function speed(state: WorkerState, { report, cancelled }: TaskControls): Promise<Replies["speed"]> {
  const { onDevice } = state;
  const { model: opened } = onDevice.opened();
  const { pruned: exported, onnx } = await state.prepared.speedSubjects(opened);
  const { ids } = await state.text("evaluation");
  return state.pruning.withModel(exported, (pruned) => {
    const subjects = { opened, pruned, ids, ...(onnx ? { onnx } : {}) };
    return measureSpeed(onDevice.context(), subjects, { onPart: report("parts"), cancelled });
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
  return { ...options, cancelled };
}
