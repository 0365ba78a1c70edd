// How closely a pruned model follows the dense one: the same next tokens, and the KL divergence between their distributions.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { decoderRead } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import { compareTokens } from "../ops/klLoss.ts";
import type { Tensor } from "../tensor.ts";
import { forEachWindow, type WindowOptions } from "./windows.ts";

/** Agreement over the tokens of a text, in the windows of perplexity. */
export interface Agreement {
  /** Tokens after which both models find the same next token likeliest. */
  same: number;
  /** Mean of KL(dense || pruned) over all tokens, in nats. */
  kl: number;
  /** All tokens that were compared. */
  tokens: number;
  context: number;
}

/**
 * Compares the next-token distributions of two models with the same vocabulary after every token of ids. Each model runs once per window, and
 * its logits exist a few rows at a time. Throws "cancelled" between windows, and "not-finite".
 */
export async function denseAgreement(
  ctx: Ctx,
  { dense, pruned }: { dense: Model; pruned: Model },
  ids: Uint32Array,
  options: WindowOptions,
): Promise<Agreement> {
  let [same, sum, tokens] = [0, 0, 0];
  await forEachWindow(ctx, ids, options, async ({ start, length }, upload) => {
    const { kl, studentTop, teacherTop } = ctx.step(() => {
      const input = upload();
      const read = (model: Model): Tensor => decoderRead(ctx, model, input, { selection: model.selection });
      const teacher = { x: read(dense), head: dense.weights.head };
      return compareTokens(ctx, read(pruned), { head: pruned.weights.head, teacher });
    });
    const [divergences, a, b] = await Promise.all([ctx.read(kl), ctx.read(studentTop), ctx.read(teacherTop)]);
    const divergence = divergences.reduce((total, value) => total + value, 0);
    invariant(
      Number.isFinite(divergence),
      "not-finite",
      `The KL of tokens ${start} to ${start + length} is ${divergence}. A model's weights may be damaged.`,
    );
    sum += divergence;
    for (let t = 0; t < length; t++) same += Number(a[2 * t + 1] === b[2 * t + 1]);
    tokens += length;
  });
  return { same, kl: sum / tokens, tokens, context: options.context };
}
