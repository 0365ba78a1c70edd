// For tests of the worker: a short run for every ratio on a made-up text, trained to its end.
import { type Ctx, DEFAULT_RECIPE, type OpenedModel, type Recipe, sha256 } from "../../engine/index.ts";
import type { EncodedText } from "../storage/texts.ts";
import { CheckpointFiles } from "./checkpointFile.ts";
import type { GateLogits } from "./pruned.ts";
import { TrainingRun } from "./trainingRun.ts";

/** Twelve large steps. */
export const EVERY_RATIO: Recipe = {
  ...{ ...DEFAULT_RECIPE, ratioMode: "every", ratioFrom: 0.4, ratioTo: 0.9 },
  ...{ steps: 12, tokens: 32, learningRate: 0.01 },
};

/** The run, the gate logits that it reported last, and its text. */
export async function trainedRun(
  ctx: Ctx,
  opened: OpenedModel,
  recipe: Recipe,
  files = new CheckpointFiles(),
): Promise<{ run: TrainingRun; logits: GateLogits; text: EncodedText }> {
  const reported: GateLogits[] = [];
  const run = new TrainingRun(ctx, opened, {
    send: () => undefined,
    onLogits: (logits) => void reported.push(logits),
    measure: () => Promise.resolve(),
    files,
  });
  const ids = Uint32Array.from({ length: 3000 }, (_, i) => (i * 7919) % opened.config.vocab);
  const text = { name: "made", sha256: await sha256(new Uint8Array(ids.buffer)), ids };
  await run.train(recipe, text);
  const logits = reported.at(-1);
  if (!logits) throw new Error("expected gate logits from the run, got none");
  return { run, logits, text };
}
