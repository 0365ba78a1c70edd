// Several ratios of a run for every ratio as one model: each asked of the run, measured, and all delivered together.
import { EngineError, invariant, type LogitsAt, exportRatios } from "../../engine/index.ts";
import type { CommonOptions } from "./exportPruned.ts";
import type { PreparedExports } from "./preparedExports.ts";
import { readMasks, type OtherRatios } from "../run/ratioCurve.ts";
import type { NestedExport, Progress } from "../protocol.ts";
import type { ReportProgress, TaskControls } from "../tasks.ts";

type NestingOptions = CommonOptions & Pick<TaskControls, "report">;

/**
 * Prepares the nested model of these ratios, ascending or not. What was prepared as one before is replaced once that is done. Throws
 * "config" for a run that does not know every ratio (any more), "cancelled", and what `nestRatios` throws.
 */
export async function exportNested(
  run: OtherRatios,
  exporting: PreparedExports,
  { ratios, tokens }: { ratios: readonly number[]; tokens: number },
  { report, ...options }: NestingOptions,
): Promise<NestedExport> {
  const { ctx, opened, logits, text, measuring } = run;
  const { cancelled, receipt } = options;
  const { made, step } = await logitsOf(run, ratios);
  const { run: name } = logits;
  const [measured, written, compared] = [stage(report, "windows"), stage(report, "bytes"), stage(report, "ratios")];
  let begun = 0;
  return exporting.prepareNested(opened, async (target) => {
    const { exported, ratios: found } = await exportRatios(
      ctx,
      opened,
      { made, recipe: logits.recipe, steps: step, target },
      {
        ...options,
        measure: async (masks, ratio) => {
          if (cancelled()) throw new EngineError("cancelled", "The export was stopped; nothing is offered.");
          const before = begun++;
          const onWindow = (done: number, of: number): void =>
            measured(before * of + done, made.length * of, `nested: perplexity at keep ${ratio},`);
          const pruned = await readMasks(run, masks, tokens, { cancelled, onWindow });
          return measuring.paired(ctx, pruned, { opened, text }, { cancelled });
        },
        receipt: { ...receipt, calibration: logits.calibration },
        onProgress: (done, of, note) => written(done, of, note.replace(/^compact/, "nested")),
        onRatio: (done, of, note) => compared(done, of, note),
      },
    );
    return { delivery: exported, ratios: found, run: name, step };
  });
}

/** What the run makes of each ratio. Throws "config" where one answer would stand for all. */
async function logitsOf(
  { running, logits }: OtherRatios,
  ratios: readonly number[],
): Promise<{ made: LogitsAt[]; step: number }> {
  const { ratioMode } = logits.recipe;
  invariant(
    ratioMode === "every",
    "config",
    "a run for every ratio is needed, this one is for one ratio: choose every ratio in the recipe, train, then export several as one",
  );
  const made: LogitsAt[] = [];
  let step = 0;
  for (const ratio of ratios) {
    const told = await running.logitsAt(logits, ratio);
    // the same object: its session is gone and no checkpoint makes a new one
    invariant(
      told !== logits,
      "config",
      "the network that this run trained is not there any more, only what it made for the present ratio: train again, then export",
    );
    made.push({ ratio, logits: told.values });
    step = told.step;
  }
  return { made, step };
}

/** Begins to count time when it is first told something. */
function stage(begin: TaskControls["report"], unit: Progress["unit"]): ReportProgress {
  let report: ReportProgress | undefined;
  return (...told) => (report ??= begin(unit))(...told);
}
