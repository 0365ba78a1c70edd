// Zero-shot scores of the runs of a comparison: each model is scored when its perplexity is measured.
import {
  accuraciesOf,
  denseAgreement,
  type Model,
  type ModelScores,
  type RunScores,
  scoreTask,
  type TaskScore,
  TEXT_TASK_DEFAULTS,
  TEXT_TASKS,
  textTask,
} from "../../engine/index.ts";
import type { MeasuredPair, OpenRun } from "./openRun.ts";
import type { Reporter } from "./reports.ts";
import type { RunRequest } from "./runRequest.ts";
import type { FinishedMethod } from "./runMethod.ts";

interface Scorer {
  /** `run` whose `measure` also scores the model. */
  run: OpenRun;
  /** The scores of a run that was measured so, beside the dense model's and, for a recovered one, those before. */
  scoresOf(done: Pick<FinishedMethod, "measured" | "before">): Promise<RunScores>;
}

/** Scores of a model before they are compared with the dense one's. */
interface Scored {
  agreement: ModelScores["agreement"];
  tasks: readonly TaskScore[];
}

/** Scores the tasks that are made from the evaluation text, with `items` items each. Throws "shape" where that text is too short. */
export async function scorerOf(
  run: OpenRun,
  { evaluation, evaluationTokens, items }: Pick<RunRequest, "evaluation" | "evaluationTokens"> & { items: number },
  report: Reporter,
): Promise<Scorer> {
  const { ctx, opened } = run;
  const tasks = TEXT_TASKS.map((name) => textTask(name, evaluation.content, { items, seed: TEXT_TASK_DEFAULTS.seed }));
  const ids = Uint32Array.from(opened.tokenizer.encode(evaluation.content)).subarray(0, evaluationTokens);
  const score = async (model: Model): Promise<TaskScore[]> => {
    const scores: TaskScore[] = [];
    for (const task of tasks) {
      const onItem = (done: number, of: number): void => report({ stage: "tasks", done, of, note: task.name });
      scores.push(await scoreTask(ctx, { model, tokenizer: opened.tokenizer }, task, { onItem }));
    }
    return scores;
  };
  const dense = await score(opened.model);
  const known = new WeakMap<MeasuredPair, Scored>();
  const modelScores = (model: ModelScores["model"], pair: MeasuredPair): ModelScores[] => {
    const scored = known.get(pair);
    if (!scored) return [];
    const scores = scored.tasks.map((task, i) => accuraciesOf(task, dense[i]));
    return [{ model, agreement: scored.agreement, scores }];
  };
  return {
    run: {
      ...run,
      async measure(model) {
        const measured = await run.measure(model);
        const { context } = measured;
        const { same, tokens, kl } = await denseAgreement(ctx, { dense: opened.model, pruned: model }, ids, {
          context,
        });
        known.set(measured, { agreement: { same: same / tokens, kl }, tasks: await score(model) });
        return measured;
      },
    },
    async scoresOf({ measured, before }) {
      const { text, tokens, context } = await run.pair(measured);
      return {
        ...{ text, tokens, context },
        tasks: tasks.map((task) => ({
          task: task.name,
          source: text,
          items: task.items.length,
          seed: TEXT_TASK_DEFAULTS.seed,
        })),
        models: [
          { model: "dense", agreement: null, scores: dense.map((task) => accuraciesOf(task)) },
          ...(before
            ? [...modelScores("pruned", before), ...modelScores("recovered", measured)]
            : modelScores("pruned", measured)),
        ],
      };
    },
  };
}
