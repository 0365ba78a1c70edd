// Exports several ratios of a run for every ratio as one model: makes and measures each architecture, then writes all of them.
import { EngineError, exportRatios, invariant, type LogitsAt } from "../../engine/index.ts";
import type { Progress } from "../payloads/task.ts";
import type { NestedExport } from "../payloads/export.ts";
import { perplexityOfMasks, type OtherRatios } from "../measure/otherRatios.ts";
import type { ReportProgress, TaskControls } from "../tasks.ts";
import type { CommonOptions } from "./exportPruned.ts";
import type { PreparedExports } from "./preparedExports.ts";

type NestedOptions = CommonOptions & Pick<TaskControls, "report">;

/**
 * Prepares the nested model of these ratios, in any order; an earlier one is replaced once that is done. Throws "config" for a run that was
 * trained for one ratio or whose network is gone, "cancelled", and what `exportRatios` throws.
 */
export async function exportNested(
  others: OtherRatios,
  prepared: PreparedExports,
  { ratios, tokens }: { ratios: readonly number[]; tokens: number },
  { report, ...options }: NestedOptions,
): Promise<NestedExport> {
  const { ctx, opened, logits, text, perplexities } = others;
  const { cancelled, receipt } = options;
  const { made, step } = await logitsOf(others, ratios);
  const { run } = logits;
  const [measured, written, compared] = [stage(report, "windows"), stage(report, "bytes"), stage(report, "ratios")];
  let begun = 0;
  return prepared.prepareNested(opened, async (target) => {
    const what = { made, recipe: logits.recipe, steps: step, target };
    const found = await exportRatios(ctx, opened, what, {
      ...options,
      async measure(masks, ratio) {
        if (cancelled()) throw new EngineError("cancelled", "The export was cancelled; no file is left.");
        const before = begun++;
        const onWindow = (done: number, of: number): void =>
          measured(before * of + done, made.length * of, `nested: perplexity at keep ${ratio},`);
        const pruned = await perplexityOfMasks(others, masks, tokens, { cancelled, onWindow });
        return perplexities.pairWithDense(ctx, pruned, { opened, text }, { cancelled });
      },
      receipt: { ...receipt, calibration: logits.calibration },
      onProgress: (done, of, note) => written(done, of, note.replace(/^compact/, "nested")),
      onRatio: (done, of, note) => compared(done, of, note),
    });
    return { ...found, run, step };
  });
}

/** Gate logits of the run for each ratio. Throws "config" if the run has one answer for all of them. */
async function logitsOf(
  { run, logits }: OtherRatios,
  ratios: readonly number[],
): Promise<{ made: LogitsAt[]; step: number }> {
  const { ratioMode } = logits.recipe;
  invariant(
    ratioMode === "every",
    "config",
    "This run was trained for one ratio, and a nested model needs a run for every ratio: choose every ratio in the recipe, train, then export.",
  );
  const made: LogitsAt[] = [];
  let step = 0;
  for (const ratio of ratios) {
    const answer = await run.logitsAt(logits, ratio);
    // The given logits come back if the session is gone and no checkpoint restores it.
    invariant(
      answer !== logits,
      "config",
      "The network that this run trained is gone; only its masks at the current ratio are left. Train again, then export.",
    );
    made.push({ ratio, logits: answer.values });
    step = answer.step;
  }
  return { made, step };
}

/** Begins the stage at its first report, so that its pace does not count the stages before. */
function stage(begin: TaskControls["report"], unit: Progress["unit"]): ReportProgress {
  let report: ReportProgress | undefined;
  return (...progress) => (report ??= begin(unit))(...progress);
}
