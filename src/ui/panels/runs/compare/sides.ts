// One side of a comparison: a run, or the dense model that it was pruned from, with what was measured of each.
import type { RunRecord } from "../../../../engine/index.ts";
import { denseBytes } from "../../../views/runViews.ts";

export interface Side {
  name: string;
  model: RunRecord["model"];
  perplexity: { value: number } & Omit<RunRecord["perplexity"], "dense" | "pruned">;
  blockWeights: RunRecord["kept"]["blockWeights"];
  modelWeights: RunRecord["kept"]["modelWeights"];
  bytes: number;
  /** Medians in ms; null where not measured. */
  msPerToken: number | null;
  adapter: string;
  /** Accuracies of the tasks that were scored, and what each was made from. */
  tasks: readonly { task: string; made: string; value: number }[];
}

/** Accuracies of one of the models whose scores a run has. */
function tasksOf({ scores }: RunRecord, model: number): Side["tasks"] {
  if (!scores) return [];
  const accuracies = scores.models.at(model)?.scores ?? [];
  return scores.tasks.flatMap(({ task, source, items, seed = 0 }, i) => {
    const value = accuracies[i]?.acc.value;
    return value === undefined ? [] : [{ task, made: `${source.sha256} ${items} ${seed}`, value }];
  });
}

/** The perplexity of one of the two models that a run's record has. */
function readingOf({ perplexity }: RunRecord, value: number): Side["perplexity"] {
  const { text, context, tokens, beginToken, quantised } = perplexity;
  return { value, text, context, tokens, beginToken, ...(quantised ? { quantised } : {}) };
}

export function sideOf(run: RunRecord): Side {
  const { name, model, kept, adapter, msPerToken, perplexity } = run;
  return {
    ...{ name, model, ...kept, adapter, msPerToken: msPerToken?.pruned ?? null },
    perplexity: readingOf(run, perplexity.pruned),
    tasks: tasksOf(run, -1),
  };
}

/** The dense model as it was measured beside a run. */
export function denseSide(run: RunRecord): Side {
  const { blockWeights, modelWeights } = run.kept;
  return {
    ...sideOf(run),
    name: "dense model",
    perplexity: readingOf(run, run.perplexity.dense),
    blockWeights: { kept: blockWeights.of, of: blockWeights.of },
    modelWeights: { kept: modelWeights.of, of: modelWeights.of },
    bytes: denseBytes(run),
    msPerToken: run.msPerToken?.dense ?? null,
    tasks: tasksOf(run, 0),
  };
}
