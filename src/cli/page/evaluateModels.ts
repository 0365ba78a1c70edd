// Zero-shot tasks and text measures of a model and of pruned versions of it, on the host's side.
import {
  namingSpoilt,
  accuracyDifference,
  type Agreement,
  type Ctx,
  EngineError,
  type Model,
  openModel,
  type OpenedModel,
  perplexity,
  type QuantisationCost,
  readTaskFile,
  scoreTask,
  type ZeroShotTask,
  type TaskAccuracies,
  type TaskScore,
  type TextTask,
  textTask,
  denseAgreement,
} from "../../engine/index.ts";
import { modelOfReceipt } from "./modelOfReceipt.ts";
import { type FollowedPlan, openOnGpu } from "./openOnGpu.ts";
import { costOf } from "./openRun.ts";
import type { Reporter } from "./reports.ts";
import type { NamedText, RunRequest } from "./runRequest.ts";
import { type ServedFolder, servedModel } from "./servedModel.ts";

/** A pruned version of the model: the text of a receipt, whose masks are applied, or the folder of a model of its own. */
export type PrunedVersion = { name: string } & ({ receipt: string } | { folder: ServedFolder });

export interface EvaluateRequest extends Pick<
  RunRequest,
  "model" | "evaluation" | "evaluationTokens" | "context" | "precision" | "memoryBytes" | "tuneFolder" | "host"
> {
  pruned: readonly PrunedVersion[];
  tasks: readonly TaskSource[];
  /** Of tasks that are made from the evaluation text. */
  items: number;
  seed: number;
}

/** A task file, or the name of a task that is made from the evaluation text. */
export type TaskSource = { file: NamedText } | { made: TextTask };

/** A task's score, and for a pruned version its difference from the dense model on the same items. */
type ComparedScore = TaskScore & Pick<TaskAccuracies, "difference">;

interface ModelScores {
  name: string;
  perplexity: { context: number; tokens: number; value: number };
  /** With the dense model; null for the dense model itself. */
  agreement: Agreement | null;
  tasks: ComparedScore[];
}

export interface EvaluateAnswer {
  adapter: string;
  text: string;
  models: ModelScores[];
  plan: FollowedPlan;
  /** What quantising the matrices on opening costs in perplexity; missing where they were not. */
  quantisation?: QuantisationCost;
  notes: readonly string[];
}

/** Measures the dense model, then each pruned version, one at a time. Throws EngineErrors. */
export async function evaluateModels(request: EvaluateRequest, report: Reporter): Promise<EvaluateAnswer> {
  const { items, seed, evaluation } = request;
  const tasks = request.tasks.map((source) =>
    "file" in source
      ? readTaskFile(source.file.name, source.file.content)
      : textTask(source.made, evaluation.content, { items, seed }),
  );
  const { ctx, opened, plan } = await openOnGpu(request, report);
  try {
    const ids = Uint32Array.from(opened.tokenizer.encode(evaluation.content)).subarray(0, request.evaluationTokens);
    const context = Math.min(request.context, opened.config.context);
    const measuring = { ctx, opened, ids, context, report, tasks };
    const dense = await measureModel(measuring, "dense", opened);
    const given = { ...request, context, quantised: dense.perplexity.value };
    const quantisation = await costOf({ ctx, opened, report }, ids, given);
    const models: ModelScores[] = [dense];
    for (const version of request.pruned) {
      const pruned = await openVersion(ctx, opened, version, report);
      try {
        models.push(await measureModel(measuring, version.name, pruned, dense.tasks));
      } finally {
        pruned.model.free();
      }
    }
    return {
      ...{ adapter: ctx.gpu.facts.name, text: evaluation.name, notes: opened.notes },
      ...{ models, plan },
      ...(quantisation ? { quantisation } : {}),
    };
  } finally {
    ctx.gpu.destroy();
  }
}

/** What all measurements share. */
interface Measuring {
  ctx: Ctx;
  opened: OpenedModel;
  /** Of the evaluation text. */
  ids: Uint32Array;
  /** Tokens of a window, at most the model's context. */
  context: number;
  report: Reporter;
  tasks: readonly ZeroShotTask[];
}

/** `dense`: the dense model's scores, for differences. */
async function measureModel(
  { ctx, opened, ids, context, report, tasks: asked }: Measuring,
  name: string,
  subject: Pick<OpenedModel, "model" | "tokenizer">,
  dense?: readonly TaskScore[],
): Promise<ModelScores> {
  const windows = (stage: "perplexity" | "agreement") => ({
    context,
    onWindow: (done: number, of: number): void => report({ stage, done, of, note: name }),
  });
  const { value, tokens } = await namingSpoilt(opened.weights, () =>
    perplexity(ctx, subject.model, ids, windows("perplexity")),
  );
  const pair = { dense: opened.model, pruned: subject.model };
  const agreement = dense ? await denseAgreement(ctx, pair, ids, windows("agreement")) : null;
  const tasks: ComparedScore[] = [];
  for (const [i, task] of asked.entries()) {
    const onItem = (done: number, of: number): void =>
      report({ stage: "tasks", done, of, note: `${name}  ${task.name}` });
    const score = await scoreTask(ctx, subject, task, { onItem });
    const before = dense?.[i];
    tasks.push(before ? { ...score, difference: accuracyDifference(before, score) } : score);
  }
  return { name, perplexity: { context, tokens, value }, agreement, tasks };
}

/** A pruned version on the GPU; the caller frees its model. Throws "shape" for a folder whose model has another vocabulary. */
async function openVersion(
  ctx: Ctx,
  opened: OpenedModel,
  version: PrunedVersion,
  report: Reporter,
): Promise<{ model: Model; tokenizer: OpenedModel["tokenizer"] }> {
  if ("receipt" in version) {
    return { model: await modelOfReceipt(ctx, opened, version.receipt), tokenizer: opened.tokenizer };
  }
  const { model, tokenizer, notes, config } = await openModel(ctx, await servedModel(version.folder), {
    // of a model that was quantised on opening, versions are too
    precision: opened.model.quantised ? opened.storage : opened.model.precision,
    onProgress: (done, of) => report({ stage: "open", done, of, note: version.name }),
  });
  for (const notice of notes) report({ notice: `${version.name}: ${notice}` });
  if (config.vocab === opened.config.vocab) return { model, tokenizer };
  model.free();
  throw new EngineError(
    "shape",
    `${version.name}: expected a pruned version of ${opened.name}, whose vocabulary has ${opened.config.vocab} tokens, got one with ${config.vocab}.`,
  );
}
