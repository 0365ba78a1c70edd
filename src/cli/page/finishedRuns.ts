// The page's side of continuing an interrupted comparison: what its finished runs belong to, and their masks, which later runs reuse.
import { invariant, readParsedRun, type Run as FinishedRun, sha256, unpackRunMasks } from "../../engine/index.ts";
import { type PlannedRun, pruningKeyOf } from "../compare/methods.ts";
import type { TrainedMasks } from "./compareMasks.ts";
import type { OpenRun } from "./openRun.ts";
import type { RunRequest } from "./runRequest.ts";

const ADVICE = "Name the files of the interrupted comparison, or leave out --resume.";

/** The runs of a comparison, and for each its record from an interrupted one as JSON, or null where it was not finished. */
export interface FinishedRuns {
  runs: readonly PlannedRun[];
  finished: readonly unknown[];
}

/** The finished runs of a request. Throws "config" where they are of another model or text. */
export async function readFinished(
  { opened, dense }: Pick<OpenRun, "opened" | "dense">,
  { runs, finished, text, evaluation }: FinishedRuns & Pick<RunRequest, "text" | "evaluation">,
): Promise<Map<PlannedRun, FinishedRun>> {
  const [calibrated, measured] = await Promise.all(
    [text, evaluation].map(({ content }) => sha256(new TextEncoder().encode(content))),
  );
  const read = new Map<PlannedRun, FinishedRun>();
  for (const [i, planned] of runs.entries()) {
    const json = finished[i] ?? null;
    if (json === null) continue;
    const run = readParsedRun(json, "compare.unfinished.json");
    const { model, calibration, perplexity } = run.record;
    const options = [
      ["--model", model.name, model.fingerprint === opened.fingerprint && isClose(perplexity.dense, dense)],
      ["--text", calibration.name, calibration.sha256 === calibrated],
      ["--eval", perplexity.text.name, perplexity.text.sha256 === measured],
    ] as const;
    for (const [option, name, same] of options)
      invariant(
        same,
        "config",
        `--resume: ${option}: expected ${name}, as in the interrupted comparison, got another. ${ADVICE}`,
      );
    read.set(planned, run);
  }
  return read;
}

/**
 * Whether two dense perplexities are of the same weights: hosts and adapters differ by less. Models of the same config and shapes, such as
 * two checkpoints of one training, have the same fingerprint.
 */
const isClose = (a: number, b: number): boolean => Math.abs(a / b - 1) < 1e-3;

/** Makes the masks of a finished run known to its recoveries and to random masks, which take its widths. */
export function reuseMasks(trained: TrainedMasks, planned: PlannedRun, { record, masks }: FinishedRun): void {
  if (masks.kind !== "gates") return;
  const { made, perplexity, recovery } = record;
  const { context, tokens, dense, pruned, quantised } = perplexity;
  const measured = { context, tokens, dense, pruned: recovery?.prunedBefore ?? pruned };
  trained.pruned.set(pruningKeyOf(planned), {
    made,
    masks: unpackRunMasks(masks).map(({ gates }) => gates),
    measured: { ...measured, ...(quantised ? { quantised } : {}) },
  });
}
