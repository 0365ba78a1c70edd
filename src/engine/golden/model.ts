// Golden checks of the model: dense, hard masks, compact, soft masks and their gradients.
import type { Ctx } from "../ctx.ts";
import { generate } from "../evaluate/generate.ts";
import { perplexity } from "../evaluate/perplexity.ts";
import type { ForwardOptions } from "../model/block.ts";
import { decoderHidden, decoderLoss, headInput, headLogits } from "../model/decoder.ts";
import { loadModel, type Model } from "../model/load.ts";
import { masked, type Selection } from "../model/selection.ts";
import { gradientArithmetic } from "../ops/arithmetic.ts";
import { crossEntropy } from "../ops/crossEntropy.ts";
import { type Check, check, worstDifference } from "../ops/registry/parity.ts";
import { budgetOf, keptWeightsOfMasks } from "../masks/budget.ts";
import { indexLists } from "../masks/compact.ts";
import { cutReader } from "../prune/gates/cutReader.ts";
import { flatten, type GateLayout, gateLayout, unflatten } from "../masks/gates.ts";
import { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import type { GoldenCase } from "./case.ts";

/**
 * Expected agreement in f32 (golden/README.md). Limits of losses are absolute, in nats; that of keep-masks is a share of their entries; that of
 * trained weights is the norm of the difference over their norm; all others are a share of the largest absolute value.
 */
export const GOLDEN_LIMITS = {
  logits: 2e-4,
  loss: 2e-4,
  softGradient: 1e-3,
  trainingLoss: 2e-3,
  trained: 2e-3,
  trainedWeights: 5e-4,
  keepMask: 1e-4,
  updatedWeights: 2e-4,
  greedy: 0,
  trainedKept: 0,
  exact: 0,
} as const;

type Limits = Readonly<Record<keyof typeof GOLDEN_LIMITS, number>>;

/**
 * The same for matrices in half precision: a few roundings (2^-11) of each weight. The first steps of AdamW follow the sign of each gradient, so
 * a gradient near zero that changes sign moves its parameter the other way. The limit of trained parameters is therefore loose, and that of
 * every step's loss is tight. Rounded weights alone move the soft gradients of OLMo 2 by 6.1e-3 in PyTorch, those of other families by about
 * 1e-3. trainedKept: kept block weights of a step, as a share of all.
 */
const HALF_LIMITS: Limits = {
  ...GOLDEN_LIMITS,
  logits: 2e-3,
  loss: 1e-3,
  softGradient: 8e-3,
  trainingLoss: 2e-2,
  trained: 0.4,
  trainedWeights: 0.1,
  trainedKept: 1e-2,
};

export const limitsOf = ({ precision }: Model): Limits => (precision === "f16" ? HALF_LIMITS : GOLDEN_LIMITS);

/** Number of greedy tokens after the prompt of a case. */
const GREEDY_NEW = 24;
/** Suffix of the logits of a case with a long vocabulary, which has only those of the last positions. */
const LAST = ".last4";

/** Runs all checks of the model that the case has reference values for. */
export async function checkModel(ctx: Ctx, golden: GoldenCase, model: Model): Promise<Check[]> {
  const layout = gateLayout(golden.config);
  const checks = [...(await checkDense(ctx, golden, model)), ...(await checkHard(ctx, golden, model, layout))];
  if (golden.info.soft) checks.push(...(await checkSoft(ctx, golden, model, layout)));
  return checks;
}

/** Logits (T, V) and mean loss of one forward without a tape; default selection: the model's own. */
export async function forward(
  ctx: Ctx,
  model: Model,
  ids: Uint32Array,
  options: Partial<ForwardOptions> = {},
): Promise<{ logits: Float32Array; loss: number }> {
  const out = await ctx.gpu.checked("a golden forward", () =>
    ctx.step(() => {
      const tokens = ctx.upload(ids, [ids.length], "ids");
      const hidden = decoderHidden(ctx, model, tokens, { selection: model.selection, ...options });
      const read = headInput(ctx, model, hidden);
      const loss = crossEntropy(ctx, read, { head: model.weights.head, ids: tokens });
      return { logits: headLogits(ctx, model, read), loss };
    }),
  );
  const [loss = Number.NaN] = await ctx.read(out.loss);
  return { logits: await ctx.read(out.logits), loss };
}

/** PyTorch sums the counts of the blocks in float32: integers are exact up to 2^24, and each larger sum is rounded by at most half a unit. */
function countLimit(expected: number, layers: number): number {
  const unit = 2 ** (Math.floor(Math.log2(expected)) - 23);
  return unit <= 1 ? GOLDEN_LIMITS.exact : (layers * unit) / 2;
}

/** The worst difference from the case's logits `name`, over all positions or the last ones. */
async function worstLogit(golden: GoldenCase, name: string, found: Float32Array): Promise<number> {
  const expected = await golden.floats(golden.has(name) ? name : name + LAST);
  return worstDifference(found.subarray(found.length - expected.length), expected);
}

export const lossCheck = (name: string, value: number, expected: number, limit: number = GOLDEN_LIMITS.loss): Check =>
  check(name, Math.abs(value - expected), limit);

/** A perplexity that a case expects of a model; default selection: the model's own. */
interface ExpectedPerplexity {
  /** Name of the check. */
  name: string;
  expected: GoldenCase["info"]["perplexity"];
  selection?: Selection;
}

/** Compares a perplexity by its logarithm, with the limit of losses. */
export async function perplexityCheck(
  ctx: Ctx,
  golden: GoldenCase,
  model: Model,
  { name, expected, selection }: ExpectedPerplexity,
): Promise<Check> {
  const ids = await golden.ids("eval.ids");
  const found = await perplexity(ctx, model, ids, { context: expected.context, ...(selection ? { selection } : {}) });
  return lossCheck(name, Math.log(found.value), Math.log(expected.value), limitsOf(model).loss);
}

async function checkDense(ctx: Ctx, golden: GoldenCase, model: Model): Promise<Check[]> {
  const limits = limitsOf(model);
  const hidden: Tensor[] = [];
  const found = await forward(ctx, model, await golden.ids("ids"), { onHidden: (_, x) => hidden.push(x) });
  let worstHidden = 0;
  for (const [l, x] of hidden.entries()) {
    if (!golden.has(`hidden.${l}`)) continue;
    const stream = (await ctx.read(x)).map((value) => value * (golden.config.streamScale ?? 1));
    worstHidden = Math.max(worstHidden, worstDifference(stream, await golden.floats(`hidden.${l}`)));
  }
  const greedy = await golden.ids("greedy");
  const text = [...greedy.slice(0, -GREEDY_NEW)];
  for await (const token of generate(ctx, model, text.slice(), {
    tokens: GREEDY_NEW,
    temperature: 0,
    seed: 0,
    stopTokens: [],
  })) {
    text.push(token);
  }
  const different = greedy.reduce((count, token, i) => count + (token === text[i] ? 0 : 1), 0);
  return [
    check("logits", await worstLogit(golden, "logits", found.logits), limits.logits),
    check("hidden", worstHidden, limits.logits),
    lossCheck("loss", found.loss, golden.info.loss, limits.loss),
    check("greedy", different, limits.greedy),
    await perplexityCheck(ctx, golden, model, { name: "perplexity", expected: golden.info.perplexity }),
  ];
}

async function checkHard(ctx: Ctx, golden: GoldenCase, model: Model, layout: GateLayout): Promise<Check[]> {
  const { info, config } = golden;
  const limits = limitsOf(model);
  const masks = await Promise.all(layout.sizes.map((_, i) => golden.mask(`hard.mask.${i}`)));
  const budget = budgetOf(config);
  const ids = await golden.ids("ids");

  const gates = ctx.persistent("hard masks", [layout.length], { data: flatten(layout, masks) });
  const selection = masked(gates, layout);
  const hard = await forward(ctx, model, ids, { selection });
  const checks = [
    check("hard.logits", await worstLogit(golden, "hard.logits", hard.logits), limits.logits),
    lossCheck("hard.loss", hard.loss, info.hard.loss, limits.loss),
    check(
      "hard.kept",
      Math.abs(keptWeightsOfMasks(budget, masks) - info.hard.kept_block_weights),
      countLimit(info.hard.kept_block_weights, config.layers),
    ),
    check("hard.total", Math.abs(budget.blockWeights - info.hard.block_weights), GOLDEN_LIMITS.exact),
  ];
  const { perplexity: expected } = info.hard;
  if (expected) {
    checks.push(await perplexityCheck(ctx, golden, model, { name: "hard.perplexity", expected, selection }));
  }
  ctx.free(gates);

  const lists = indexLists(masks);
  const cut = await loadModel(ctx, config, cutReader(golden.weights, config.family, lists), {
    lists,
    precision: model.precision,
  });
  const compact = await forward(ctx, cut, ids);
  checks.push(
    check("compact.logits", await worstLogit(golden, "hard.logits", compact.logits), limits.logits),
    check("compact.equals.masked", worstDifference(compact.logits, hard.logits), GOLDEN_LIMITS.logits),
  );
  cut.free();
  return checks;
}

async function checkSoft(ctx: Ctx, golden: GoldenCase, model: Model, layout: GateLayout): Promise<Check[]> {
  const values = await Promise.all(layout.sizes.map((_, i) => golden.floats(`soft.mask.${i}`)));
  const gates = ctx.persistent("soft masks", [layout.length], { data: flatten(layout, values), requiresGrad: true });
  const one = ctx.persistent("one", [1], { data: Float32Array.of(1) });
  const ids = await golden.ids("ids");
  const out = await ctx.gpu.checked("a golden backward", () =>
    ctx.step(() => {
      const tape = new Tape(gradientArithmetic(ctx));
      ctx.tape = tape;
      const tokens = ctx.upload(ids, [ids.length], "ids");
      const loss = decoderLoss(ctx, model, tokens, { selection: masked(gates, layout) });
      tape.backward([[loss, one]]);
      return { loss, gradient: tape.gradients.of(gates) };
    }),
  );
  const [loss = Number.NaN] = await ctx.read(out.loss);
  const gradients = out.gradient ? unflatten(layout, await ctx.read(out.gradient)) : [];
  let worst = gradients.length === layout.sizes.length ? 0 : Number.NaN;
  for (const [i, gradient] of gradients.entries()) {
    worst = Math.max(worst, worstDifference(gradient, await golden.floats(`soft.grad.${i}`)));
  }
  ctx.free(gates, one);
  return [
    lossCheck("soft.loss", loss, golden.info.soft?.loss ?? Number.NaN, limitsOf(model).loss),
    check("soft.grad", worst, limitsOf(model).softGradient),
  ];
}
