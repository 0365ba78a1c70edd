// Commands that run the dense and the pruned model: perplexity, the curve, generated text, and losses by token.
import type { CommandOf, PerplexityResult, PrunedId } from "../protocol.ts";
import { DENSE_ID } from "../prunedId.ts";
import { compareLosses } from "../measure/compareLosses.ts";
import { compareTexts } from "../measure/compareTexts.ts";
import { idOf } from "../run/pruned.ts";
import { curvePoint } from "../measure/otherRatios.ts";
import type { TaskControls } from "../tasks.ts";
import type { Handlers, WorkerState } from "./workerState.ts";

export function measureCommands(
  state: WorkerState,
): Pick<Handlers, "perplexity" | "quantisation" | "evaluationTokens" | "curve" | "generate" | "tokenLosses"> {
  const { tasks, onDevice, perplexities, pruning, send } = state;
  return {
    perplexity: (command) => {
      state.evaluationTokens = command.tokens;
      return tasks.run("perplexity", async (controls) => (await measureCurrent(state, command, controls)).result);
    },
    quantisation: ({ tokens }) =>
      tasks.run("quantisation", async ({ report, cancelled }) =>
        perplexities.quantisation(
          onDevice.context(),
          {
            ...{ opened: onDevice.opened().model, text: await state.text("evaluation", cancelled), tokens },
            ...{ memoryBytes: state.memoryBytes ?? undefined, plannedBytes: state.planned?.plan.totalBytes },
          },
          { cancelled, onWindow: report("windows") },
        ),
      ),
    evaluationTokens: ({ tokens }) => {
      state.evaluationTokens = tokens;
      return Promise.resolve(null);
    },
    curve: (command) =>
      tasks.run("curve", async ({ cancelled }) =>
        curvePoint(pruning.otherRatios(await state.text("evaluation")), command, cancelled),
      ),
    generate: ({ prompt, tokens, temperature, seed }) =>
      tasks.run("generate", async ({ cancelled }) => {
        const { model } = onDevice.opened();
        const of = idOf(pruning.required());
        const models = { dense: model.model, pruned: await pruning.model() };
        const request = { models, prompt, tokens, temperature, seed, send, cancelled };
        return { ...(await compareTexts(onDevice.context(), model, request)), of };
      }),
    tokenLosses: ({ first, second, tokens }) =>
      tasks.run("losses", async ({ report, cancelled }) =>
        compareLosses(onDevice.context(), onDevice.opened().model, {
          ...{ first, second, current: pruning.pruned },
          ...{ tokens, context: perplexities.window, text: await state.text("evaluation", cancelled) },
          ...{ onProgress: report("windows"), cancelled },
        }),
      ),
  };
}

/** Measures the perplexity of what "dense" or "pruned" currently is, and returns it with its id. Throws "cancelled". */
export async function measureCurrent(
  state: WorkerState,
  { subject, tokens }: Pick<CommandOf<"perplexity">, "subject" | "tokens">,
  { report, cancelled }: TaskControls,
): Promise<{ result: PerplexityResult; id: PrunedId }> {
  const { onDevice, perplexities, pruning } = state;
  const { model: opened } = onDevice.opened();
  const text = await state.text("evaluation", cancelled);
  const pruned = subject === "pruned" ? pruning.required() : undefined;
  const id = pruned ? idOf(pruned) : DENSE_ID;
  const job = {
    ...{ subject, id, opened, text, tokens },
    // Other weights under the same masks have a perplexity of their own.
    ...(pruned?.kind === "gates" && !pruned.values ? { masks: pruned.masks } : {}),
    model: () => (pruned ? onDevice.pruned.of(onDevice.context(), opened, pruned) : Promise.resolve(opened.model)),
  };
  const windows = report("windows");
  const onWindow = (done: number, of: number): void => windows(done, of, subject);
  return { result: await perplexities.measure(onDevice.context(), job, { cancelled, onWindow }), id };
}
