// Which plan a model is opened with: the fastest one that fits into the memory of the GPU, and refusals with what would fit.
import type { Ctx, Recompute } from "../ctx.ts";
import { quantisedOnOpening, type WeightStorage } from "../dtype.ts";
import type { ModelConfig } from "../config/modelConfig.ts";
import { EngineError } from "../errors.ts";
import type { AdapterFacts } from "../gpu/device.ts";
import { blockDtypesOf, type FileDtypes } from "../model/matrixStorage.ts";
import { RECIPE_BOUNDS } from "../recipes/recipe.ts";
import {
  type CountAfter,
  type MemoryPlan,
  type PlanChoice,
  planMemory,
  type FilePlanChoice,
  withoutCompact,
} from "./memoryPlan.ts";

/** Shares of the blocks that a step may compute again. */
const SHARES = [0, 1 / 4, 1 / 2, 3 / 4, 1];
/** With more blocks than this, pairs of blocks keep fewer residual streams than single ones. */
const LEAST_FOR_PAIRS = 4;

/** What a step may compute again, fastest first. */
export function recomputeChoices({ layers }: Pick<ModelConfig, "layers">): Recompute[] {
  const blocks = [...new Set(SHARES.map((share) => Math.ceil(share * layers)))];
  const single = blocks.map((count) => ({ blocks: count, group: 1 }));
  return layers > LEAST_FOR_PAIRS ? [...single, { blocks: layers, group: 2 }] : single;
}

/**
 * A larger copy of the pruned model is made only by choice, even where the memory of the GPU is unknown: a 7B's in full precision takes
 * 14 GB, four times its quantised weights.
 */
const MOST_COPY_BYTES = 1e9;

/**
 * All plans of a choice, fastest first; of equal speed, those with a compact copy first unless it is large. A choice that names
 * `recompute` has only that.
 */
async function planChoices(
  facts: AdapterFacts,
  config: ModelConfig,
  choice: FilePlanChoice,
  count?: CountAfter,
): Promise<[MemoryPlan, ...MemoryPlan[]]> {
  const [first = { blocks: 0, group: 1 }, ...more] = choice.recompute ? [choice.recompute] : recomputeChoices(config);
  const plansWith = async (recompute: Recompute): Promise<[MemoryPlan, ...MemoryPlan[]]> => {
    const plan = await planMemory(facts, config, { ...choice, recompute }, count);
    // a recovery starts from a compact model
    if (!plan.compact || count || choice.compact !== undefined) return [plan];
    const masked = withoutCompact(config, plan);
    return plan.parts.pruned > MOST_COPY_BYTES ? [masked, plan] : [plan, masked];
  };
  const plans = await plansWith(first);
  let last = plans[0];
  for (const recompute of more) {
    const slower = await plansWith(recompute);
    if (slower[0].totalBytes >= last.totalBytes) continue;
    plans.push(...slower);
    last = slower[0];
  }
  return plans;
}

/** How many times the arithmetic of the first plan a step of `plan` takes. */
export const slowdownOf = (plan: MemoryPlan, [first]: readonly MemoryPlan[]): number =>
  first ? plan.stepFlop / first.stepFlop : 1;

/** The fastest plan that fits, else the smallest. */
function bestOf(plans: readonly [MemoryPlan, ...MemoryPlan[]]): MemoryPlan {
  const smallest = plans.reduce((one, other) => (other.totalBytes < one.totalBytes ? other : one));
  return plans.find(({ fits }) => fits) ?? smallest;
}

/** The plan that is wanted, if it is among the choices. */
export const planWanted = (choices: readonly MemoryPlan[], { recompute, compact }: PlanWish): MemoryPlan | undefined =>
  choices.find(
    (plan) =>
      plan.compact === compact &&
      plan.recompute.blocks === recompute.blocks &&
      plan.recompute.group === recompute.group,
  );

/** The plan to fall back to when the GPU has no memory for `plan`: the next of `plans` that takes less. */
export const nextPlan = (plans: readonly MemoryPlan[], plan: Pick<MemoryPlan, "totalBytes">): MemoryPlan | undefined =>
  plans.filter(({ fits, totalBytes }) => fits && totalBytes < plan.totalBytes).at(0);

/**
 * Plans near this choice that fit: in half precision, as stored in a quantised file or quantised on opening, with a shorter context, or several of these. Empty if
 * none fits.
 */
export async function choicesThatFit(
  facts: AdapterFacts,
  config: ModelConfig,
  choice: FilePlanChoice,
  count?: CountAfter,
): Promise<MemoryPlan[]> {
  const { dtypes } = choice;
  const quantised = dtypes && blockDtypesOf(config, dtypes).length > 0;
  const smaller = [
    ...(choice.precision === "f32" ? (["f16"] as const) : []),
    ...(quantised ? (["file"] as const) : []),
    // a recovery works on the values of the file
    ...(quantised || count ? [] : (["q8_0", "q4_0"] as const)),
  ];
  const found: MemoryPlan[] = [];
  const planFor = async (more: Partial<PlanChoice>): Promise<MemoryPlan> =>
    bestOf(await planChoices(facts, config, { ...choice, ...more }, count));
  for (const precision of smaller.filter((one) => one !== choice.precision)) {
    const plan = await planFor({ precision });
    if (plan.fits) found.push(plan);
  }
  const fitting = new Set(found.map((plan) => plan.precision));
  const unchanged = smaller.filter((one) => quantisedOnOpening(one) === undefined);
  for (const precision of new Set([choice.precision, ...unchanged, ...smaller.slice(-1)])) {
    if (fitting.has(precision) || (found.length > 0 && quantisedOnOpening(precision))) break;
    let { trainingTokens, evaluationTokens } = choice;
    while (trainingTokens > RECIPE_BOUNDS.tokens.min || evaluationTokens > RECIPE_BOUNDS.tokens.min) {
      trainingTokens = Math.max(RECIPE_BOUNDS.tokens.min, Math.floor(trainingTokens / 2));
      evaluationTokens = Math.max(RECIPE_BOUNDS.tokens.min, Math.floor(evaluationTokens / 2));
      const plan = await planFor({ precision, trainingTokens, evaluationTokens });
      if (!plan.fits) continue;
      found.push(plan);
      break;
    }
  }
  return found;
}

/** How messages say it. */
const STORED: Readonly<Record<WeightStorage, string>> = {
  f32: "in full precision",
  f16: "in half precision",
  file: "with weights as the file stores them",
  q8_0: "with weights quantised to Q8_0",
  q4_0: "with weights quantised to Q4_0",
};

const GIGA = 1e9;
const gigabytes = (bytes: number): string => `${(bytes / GIGA).toFixed(bytes < GIGA / 10 ? 3 : 2)} GB`;

/** The error "limit" for a plan that does not fit, with its numbers and those of the plans that would fit. */
export function planRefusal(name: string, plan: MemoryPlan, others: readonly MemoryPlan[]): EngineError {
  const { totalBytes, buffers, largest, limitBytes, memoryBytes = Infinity } = plan;
  const needs =
    largest.bytes > limitBytes
      ? `${name} needs ${gigabytes(totalBytes)} in ${buffers} buffers, of which ${largest.label} takes ${gigabytes(largest.bytes)}; this adapter allows ${gigabytes(limitBytes)} per buffer.`
      : `${name} needs at least ${gigabytes(totalBytes)}; the memory of your GPU is given as ${gigabytes(memoryBytes)}.`;
  const [first, ...more] = others.map((other) => {
    const shorter = other.trainingTokens < plan.trainingTokens || other.evaluationTokens < plan.evaluationTokens;
    const how = [
      ...(other.precision === plan.precision ? [] : [STORED[other.precision]]),
      ...(shorter ? [`with ${other.trainingTokens} tokens per step and windows of ${other.evaluationTokens}`] : []),
    ].join(" ");
    return `${how} it takes ${gigabytes(other.totalBytes)}, at most ${gigabytes(other.largest.bytes)} per buffer`;
  });
  const would = first
    ? `What would fit: ${[first, ...more].join("; or ")}.`
    : "Neither half precision nor a shorter context makes it fit: choose a smaller model, or an adapter that allows larger buffers.";
  return new EngineError("limit", `${needs} ${would}`, { largest: largest.label, bytes: largest.bytes, limitBytes });
}

/** What distinguishes a plan from the others of the same lengths and precision. */
export type PlanWish = Pick<MemoryPlan, "recompute" | "compact">;

/** A plan, the plans of other speed for the same lengths and precision, and if none of these fits, plans that would. */
export interface PlanResult {
  name: string;
  plan: MemoryPlan;
  /** Fastest first; `plan` is among them. */
  choices: readonly MemoryPlan[];
  others: readonly MemoryPlan[];
  /** Whether the file has quantised matrices, which can stay as they are. */
  quantised: boolean;
  /** The GPU had no memory for the plan before. */
  ranOut?: boolean;
}

/** The model to plan for, by the name that messages use. */
interface PlanSubject {
  name: string;
  config: ModelConfig;
  choice: PlanChoice;
  /** Element types of its file. Default: all f32. */
  dtypes?: FileDtypes;
  count?: CountAfter;
}

/** Makes the engine do what a plan says. */
export function followPlan(
  ctx: Ctx,
  { recompute, compact, stepBytes }: PlanWish & Pick<MemoryPlan, "stepBytes">,
): void {
  ctx.recompute = recompute;
  ctx.stepBytes = stepBytes;
  ctx.compact = compact;
}

/** The fastest plan that fits, with all that were considered. */
export async function choosePlan(
  facts: AdapterFacts,
  { name, config, choice: given, dtypes = {}, count }: PlanSubject,
): Promise<PlanResult> {
  const choice = { ...given, dtypes };
  const choices = await planChoices(facts, config, choice, count);
  const plan = bestOf(choices);
  const others = plan.fits ? [] : await choicesThatFit(facts, config, choice, count);
  return { name, plan, choices, others, quantised: blockDtypesOf(config, dtypes).length > 0 };
}

/** Chooses the fastest plan that fits, reports and returns it. Throws "limit" if none fits. */
export async function approvePlan(
  facts: AdapterFacts,
  subject: PlanSubject,
  onPlan: (result: PlanResult) => void = () => undefined,
): Promise<MemoryPlan> {
  const result = await choosePlan(facts, subject);
  onPlan(result);
  if (!result.plan.fits) throw planRefusal(result.name, result.plan, result.others);
  return result.plan;
}
