// A run at other ratios than what "pruned" means: architectures measured on models of their own, which go afterwards.
import { budgetOf, type Ctx, gateLayout, type Masks, type Model, type OpenedModel } from "../../engine/index.ts";
import type { Perplexities } from "./perplexities.ts";
import type { CurvePoint, PerplexityResult } from "../protocol.ts";
import { compactModel, type Logits, prunedAt } from "./prunedModel.ts";
import type { TrainingRun } from "./trainingRun.ts";
import type { EncodedText } from "../storage/texts.ts";

/** A run, to be asked for ratios. */
export interface OtherRatios {
  ctx: Ctx;
  opened: OpenedModel;
  running: TrainingRun;
  /** What it last told. */
  logits: Logits;
  /** Evaluation text. */
  text: EncodedText;
  measuring: Perplexities;
  /** Called before a model is made: two pruned ones at once would be one too many. */
  makeRoom: () => void;
}

/** Perplexity of some masks, from memory where they were read before. Throws "cancelled". */
export async function readMasks(
  { ctx, opened, text, measuring, makeRoom }: OtherRatios,
  masks: Masks,
  tokens: number,
  watch: { cancelled: () => boolean; onWindow?: (done: number, of: number) => void },
): Promise<PerplexityResult> {
  let model: Model | undefined;
  const make = async (): Promise<Model> => {
    makeRoom();
    return (model = await compactModel(ctx, opened, masks));
  };
  try {
    return await measuring.reading(ctx, { opened, masks, text, tokens, model: make }, watch);
  } finally {
    model?.free();
  }
}

/** The run's architecture at another ratio, measured. Throws "cancelled". */
export async function curvePoint(
  run: OtherRatios,
  { ratio, tokens }: { ratio: number; tokens: number },
  cancelled: () => boolean,
): Promise<CurvePoint> {
  const { opened, running, logits, text } = run;
  const { config, fingerprint } = opened;
  const made = await running.logitsAt(logits, ratio);
  const { masks, architecture } = prunedAt(made, gateLayout(config), budgetOf(config), ratio);
  const result = await readMasks(run, masks, tokens, { cancelled });
  return { architecture, result, fingerprint, textSha256: text.sha256 };
}
