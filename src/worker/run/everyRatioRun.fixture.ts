// For tests of the worker: a short run for every ratio on a text that is made up, played to its end.
import { type Ctx, DEFAULT_RECIPE, type OpenedModel, type Recipe, sha256 } from "../../engine/index.ts";
import type { Logits } from "./prunedModel.ts";
import { TrainingRun } from "./trainingRun.ts";
import type { EncodedText } from "../storage/texts.ts";

/** Twelve large steps. */
export const EVERY_RATIO: Recipe = {
  ...{ ...DEFAULT_RECIPE, ratioMode: "every", ratioFrom: 0.4, ratioTo: 0.9 },
  ...{ steps: 12, tokens: 32, learningRate: 0.01 },
};

/** As the studio has it afterwards: the run, the logits that it last told, and its text. */
export async function playedRun(
  ctx: Ctx,
  opened: OpenedModel,
  recipe: Recipe,
): Promise<{ running: TrainingRun; logits: Logits; text: EncodedText }> {
  const told: Logits[] = [];
  const running = new TrainingRun(
    ctx,
    opened,
    () => undefined,
    (logits) => void told.push(logits),
    () => Promise.resolve(),
  );
  const ids = Uint32Array.from({ length: 3000 }, (_, i) => (i * 7919) % opened.config.vocab);
  const text = { name: "made", sha256: await sha256(new Uint8Array(ids.buffer)), ids };
  await running.play(recipe, text);
  const logits = told.at(-1);
  if (!logits) throw new Error("expected logits of the run, got none");
  return { running, logits, text };
}
