// Zero-shot scores of the dense model, the current pruning and, after a recovery, both of its states, on the same items.
import {
  accuraciesOf,
  type Agreement,
  type Ctx,
  denseAgreement,
  EngineError,
  type Model,
  type ModelScores,
  type OpenedModel,
  type RunScores,
  type ScoredTask,
  scoreTask,
  type TaskScore,
  textTask,
  type ZeroShotTask,
} from "../../engine/index.ts";
import type { TaskChoice } from "../payloads/measure.ts";
import type { PrunedId } from "../payloads/run.ts";
import { DENSE_ID } from "../prunedId.ts";
import { idOf, type Pruned, unrecovered } from "../run/pruned.ts";
import type { EncodedText } from "../storage/texts.ts";
import type { TaskControls } from "../tasks.ts";

/** A model to score: the dense one, or a pruning. */
interface Scored {
  model: ModelScores["model"];
  id: PrunedId;
  pruned?: Pruned;
}

export interface ScoreJob {
  opened: OpenedModel;
  /** The current pruning; missing where nothing is pruned. */
  pruned?: Pruned | undefined;
  /** Runs `use` on the model of a pruning. */
  withModel: <T>(pruned: Pruned, use: (model: Model) => Promise<T>) => Promise<T>;
  tasks: readonly ChosenTask[];
  /** For agreement: its first `tokens`, in windows of `context`. */
  text: EncodedText;
  tokens: number;
  context: number;
}

/** A task with what it was made from. */
interface ChosenTask {
  task: ZeroShotTask;
  about: ScoredTask;
}

/**
 * The chosen tasks, with at most `items` items each: the first items of a file, or items made from the evaluation text. Throws "shape" if that
 * text is too short.
 */
export function chosenTasks(
  choices: readonly TaskChoice[],
  { text, content, items, seed }: { text: EncodedText; content: string; items: number; seed: number },
): ChosenTask[] {
  return choices.map((choice) => {
    if ("made" in choice) {
      const task = textTask(choice.made, content, { items, seed });
      const source = { name: text.name, sha256: text.sha256 };
      return { task, about: { task: task.name, source, items: task.items.length, seed } };
    }
    const task = { ...choice.task, items: choice.task.items.slice(0, items) };
    return { task, about: { task: task.name, source: choice.file, items: task.items.length } };
  });
}

/** Scores of one open model: what was measured once is not measured again. */
export class TaskScores {
  private readonly scores = new Map<string, TaskScore>();
  private readonly agreements = new Map<string, Agreement>();

  /** Forgets the scores of the model that was open before. */
  forget(): void {
    this.scores.clear();
    this.agreements.clear();
  }

  /** Scores one model after the other. A cancel ends it: what is complete by then is returned. Throws what `scoreTask` throws otherwise. */
  async measure(ctx: Ctx, job: ScoreJob, controls: TaskControls): Promise<{ scores: RunScores; stopped: boolean }> {
    const models = modelsOf(job.pruned);
    const missing = models.flatMap((of) =>
      job.tasks.filter((task) => !this.scores.has(keyOf(of, task))).map(({ about }) => about.items),
    );
    const progress = itemsDone(
      controls,
      missing.reduce((sum, items) => sum + items, 0),
    );
    const done: ModelScores[] = [];
    let stopped = false;
    for (const of of models) {
      const scored = { model: of.model, agreement: null, scores: [] };
      try {
        const work = (model: Model): Promise<void> => this.scoreMissing(ctx, job, { of, model, progress, controls });
        if (!this.isComplete(of, job)) await (of.pruned ? job.withModel(of.pruned, work) : work(job.opened.model));
      } catch (thrown) {
        if (EngineError.from(thrown).code !== "cancelled") throw thrown;
        stopped = true;
      }
      done.push({ ...scored, ...this.known(of, job) });
      if (stopped) break;
    }
    const { text, tokens, context } = job;
    const measuredOn = { text: { name: text.name, sha256: text.sha256 }, context };
    const about = {
      ...measuredOn,
      tokens: Math.min(tokens, text.ids.length),
      tasks: job.tasks.map((task) => task.about),
    };
    return { scores: { ...about, models: done }, stopped };
  }

  private isComplete(of: Scored, job: ScoreJob): boolean {
    const agrees = !of.pruned || this.agreements.has(agreementKey(of, job));
    return agrees && job.tasks.every((task) => this.scores.has(keyOf(of, task)));
  }

  private async scoreMissing(
    ctx: Ctx,
    job: ScoreJob,
    { of, model, progress, controls }: { of: Scored; model: Model; progress: ItemProgress; controls: TaskControls },
  ): Promise<void> {
    const { opened, text, tokens, context } = job;
    const { cancelled } = controls;
    const key = agreementKey(of, job);
    if (of.pruned && !this.agreements.has(key)) {
      const windows = controls.report("windows");
      const onWindow = (done: number, all: number): void => windows(done, all, `${of.model}, agreement`);
      const ids = text.ids.subarray(0, tokens);
      const pair = { dense: opened.model, pruned: model };
      this.agreements.set(key, await denseAgreement(ctx, pair, ids, { context, cancelled, onWindow }));
    }
    for (const chosen of job.tasks) {
      if (this.scores.has(keyOf(of, chosen))) continue;
      const onItem = (): void => progress(`${of.model}, ${chosen.about.task}`);
      const subject = { model, tokenizer: opened.tokenizer };
      this.scores.set(keyOf(of, chosen), await scoreTask(ctx, subject, chosen.task, { onItem, cancelled }));
    }
  }

  /** What is measured of a model, up to the first task that is not. */
  private known(of: Scored, job: ScoreJob): Pick<ModelScores, "agreement" | "scores"> {
    const agreement = this.agreements.get(agreementKey(of, job));
    const scores: ModelScores["scores"][number][] = [];
    for (const task of job.tasks) {
      const score = this.scores.get(keyOf(of, task));
      if (!score) break;
      const dense = of.pruned ? this.scores.get(keyOf(DENSE, task)) : undefined;
      scores.push(accuraciesOf(score, dense));
    }
    return {
      agreement: agreement ? { same: agreement.same / agreement.tokens, kl: agreement.kl } : null,
      scores,
    };
  }
}

const DENSE: Scored = { model: "dense", id: DENSE_ID };

function modelsOf(pruned: Pruned | undefined): Scored[] {
  if (!pruned) return [DENSE];
  const { recovery } = pruned;
  if (!recovery) return [DENSE, { model: "pruned", id: idOf(pruned), pruned }];
  const before = unrecovered(pruned);
  return [
    DENSE,
    { model: "pruned", id: idOf(before), pruned: before },
    { model: "recovered", id: idOf(pruned), pruned },
  ];
}

const ofId = ({ id: { run, ratio, step } }: Scored): string => [run, ratio, step].join(" ");

const keyOf = (of: Scored, { task, about: { source, items, seed } }: ChosenTask): string =>
  [ofId(of), source.sha256, items, seed, task.name].join(" ");

const agreementKey = (of: Scored, { text, tokens, context }: ScoreJob): string =>
  [ofId(of), text.sha256, tokens, context].join(" ");

/** Counts one more item. note: the model and the task. */
type ItemProgress = (note: string) => void;

function itemsDone({ report }: Pick<TaskControls, "report">, total: number): ItemProgress {
  const send = report("items");
  let done = 0;
  return (note) => send(++done, total, note);
}
