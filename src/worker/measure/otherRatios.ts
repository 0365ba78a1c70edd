// A run at other ratios than the current one: its architectures, measured on models that are freed afterwards.
import {
  budgetOf,
  type Ctx,
  gateLayout,
  type Masks,
  type Model,
  modelOfMasks,
  type OpenedModel,
} from "../../engine/index.ts";
import type { CurvePoint, PerplexityResult } from "../payloads/measure.ts";

import type { EncodedText } from "../storage/texts.ts";
import type { Perplexities, PerplexityWatch } from "./perplexities.ts";
import { type GateLogits, prunedAt } from "../run/pruned.ts";
import type { TrainingRun } from "../run/trainingRun.ts";

/** A run, and what is needed to measure it at other ratios. */
export interface OtherRatios {
  ctx: Ctx;
  opened: OpenedModel;
  run: TrainingRun;
  /** The last ones that the run reported. */
  logits: GateLogits;
  /** The evaluation text. */
  text: EncodedText;
  perplexities: Perplexities;
  /** Called before a model is made, to free the current pruned model: one of them at a time has to fit. */
  makeRoom: () => void;
}

/** Perplexity of some masks, from the cache if they were measured before. Throws "cancelled". */
export async function perplexityOfMasks(
  { ctx, opened, text, perplexities, makeRoom }: OtherRatios,
  masks: Masks,
  tokens: number,
  watch: PerplexityWatch,
): Promise<PerplexityResult> {
  let model: Model | undefined;
  const make = async (): Promise<Model> => {
    makeRoom();
    return (model = await modelOfMasks(ctx, opened, masks));
  };
  try {
    return await perplexities.measureOnce(ctx, { opened, masks, text, tokens, model: make }, watch);
  } finally {
    model?.free();
  }
}

/** The run's architecture at another ratio, measured. Throws "cancelled". */
export async function curvePoint(
  others: OtherRatios,
  { ratio, tokens }: { ratio: number; tokens: number },
  cancelled: () => boolean,
): Promise<CurvePoint> {
  const { opened, run, logits } = others;
  const { config, fingerprint } = opened;
  const made = await run.logitsAt(logits, ratio);
  const { masks, architecture } = prunedAt(made, gateLayout(config), budgetOf(config), ratio);
  const result = await perplexityOfMasks(others, masks, tokens, { cancelled });
  return { architecture, result, fingerprint };
}
