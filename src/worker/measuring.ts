// Perplexities of the dense and the pruned model: measured with progress, remembered with what they are of, paired for the receipt.
import { type Ctx, type Model, perplexity, type PerplexityPair } from "../engine/index.ts";
import { reporter } from "./pace.ts";
import { placeOf, type Pruned } from "./pruned.ts";
import type { PerplexityResult, Subject, WorkerEvent } from "./protocol.ts";
import type { EncodedText } from "./texts.ts";

/** Longest window that perplexity is measured with; shorter where the model's own context is. */
export const MAX_WINDOW = 512;

/** What is measured, and which masks it has (dense: all of them, step 0). */
export interface Measurement {
  subject: Subject;
  model: Model;
  text: EncodedText;
  tokens: number;
  keep: number;
  step: number;
}

export class Measuring {
  /** Longest window; shorter where memory asks for it. */
  window = MAX_WINDOW;
  private readonly known = new Map<Subject, { keep: number; step: number; result: PerplexityResult }>();

  constructor(private readonly send: (event: WorkerEvent) => void) {}

  async measure(ctx: Ctx, of: Measurement, cancelled: () => boolean): Promise<PerplexityResult> {
    const { subject, model, text, tokens, keep, step } = of;
    const report = reporter("perplexity", "windows", (progress) => this.send({ type: "progress", progress }));
    const {
      value,
      context,
      tokens: measured,
    } = await perplexity(ctx, model, text.ids.subarray(0, tokens), {
      context: Math.min(this.window, model.config.context),
      cancelled,
      onWindow: (done, total) => report(done, total, subject),
    });
    const result = { value, text: text.name, context, tokens: measured, bosAdded: false };
    this.known.set(subject, { keep, step, result });
    this.send({ type: "perplexity", subject, result, keep, step });
    return result;
  }

  /** Forgets all, or one subject's. */
  forget(subject?: Subject): void {
    if (subject) this.known.delete(subject);
    else this.known.clear();
  }

  /** Dense and pruned on the same tokens, where both were measured for these masks. */
  pairs(text: EncodedText, of: Pruned): PerplexityPair[] {
    const { keep, step } = placeOf(of);
    const dense = this.known.get("dense");
    const pruned = this.known.get("pruned");
    if (!dense || !pruned || pruned.keep !== keep || pruned.step !== step) return [];
    if (dense.result.tokens !== pruned.result.tokens || dense.result.text !== pruned.result.text) return [];
    const { context, tokens, value } = dense.result;
    const ref = { name: text.name, sha256: text.sha256 };
    return [{ text: ref, context, tokens, beginToken: false, dense: value, pruned: pruned.result.value }];
  }
}
