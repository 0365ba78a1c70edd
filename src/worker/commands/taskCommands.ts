// The command that scores zero-shot tasks.
import type { Model } from "../../engine/index.ts";
import { chosenTasks, TaskScores } from "../measure/taskScores.ts";
import { DENSE_ID } from "../prunedId.ts";
import type { CommandOf, Replies } from "../protocol.ts";
import { idOf, type Pruned } from "../run/pruned.ts";
import { readSource } from "../storage/texts.ts";
import type { TaskControls } from "../tasks.ts";
import type { Handlers, WorkerState } from "./workerState.ts";

export const taskCommands = (state: WorkerState): Pick<Handlers, "scoreTasks"> => ({
  scoreTasks: (command) => state.tasks.run("scores", (controls) => scoreTasks(state, command, controls)),
});

async function scoreTasks(
  state: WorkerState,
  { tasks: choices, items, seed, tokens }: CommandOf<"scoreTasks">,
  controls: TaskControls,
): Promise<Replies["scoreTasks"]> {
  const { onDevice, perplexities, pruning, sources } = state;
  const { model: opened } = onDevice.opened();
  const { pruned } = pruning;
  const [text, content] = [await state.text("evaluation", controls.cancelled), await readSource(sources.evaluation)];
  const job = {
    ...{ opened, pruned, text, tokens, context: Math.min(perplexities.window, opened.config.context) },
    tasks: chosenTasks(choices, { text, content, items, seed }),
    withModel: <T>(of: Pruned, use: (model: Model) => Promise<T>) => pruning.withModel(of, use),
  };
  state.taskScores ??= new TaskScores();
  const of = pruned ? idOf(pruned) : DENSE_ID;
  return { of, ...(await state.taskScores.measure(onDevice.context(), job, controls)) };
}
