// How much GPU memory a model and its run will take, before anything is loaded: the engine's own code, run on a device that only counts.
import { Ctx } from "../ctx.ts";
import type { WeightStorage } from "../dtype.ts";
import { EngineError } from "../errors.ts";
import { type AdapterFacts, Gpu } from "../gpu/device.ts";
import type { Model } from "../model/load.ts";
import { blockDtypesOf, type FileDtypes, precisionOfStorage } from "../model/matrixStorage.ts";
import { makeKvCache } from "../model/kvCache.ts";
import type { ModelConfig } from "../config/modelConfig.ts";
import { budgetOf } from "../masks/budget.ts";
import { gateLayout } from "../masks/gates.ts";
import { Hypernet } from "../prune/gates/hypernet.ts";
import { hypernetLayout } from "../prune/gates/hypernetLayout.ts";
import { elementBytes } from "../tensor.ts";
import { DEFAULT_RECIPE, RECIPE_BOUNDS } from "../recipes/recipe.ts";
import { emptyModel, evaluateOnce } from "./emptyModel.ts";
import { makeTrainState } from "./state.ts";
import { trainStep } from "./step.ts";

export interface PlanChoice {
  /** How matrices are stored on the GPU. */
  precision: WeightStorage;
  /** Tokens of a training step. */
  trainingTokens: number;
  /** Tokens of a perplexity window, and of a generated text. */
  evaluationTokens: number;
}

/** A choice for a model; with the element types of its file, which matter where matrices are stored as there. Default: all f32. */
interface PlanRequest extends PlanChoice {
  dtypes?: FileDtypes | undefined;
}

/** Bytes by use. All of it may be allocated at the same time. */
export interface PlanParts {
  weights: number;
  /** The hypernetwork, AdamW's moments and small tables. */
  hypernet: number;
  /** Activations, gradients and scratch of a training step, without logits. */
  training: number;
  /** The part of a training step that grows with the vocabulary: logits and their gradient. */
  logits: number;
  /** Buffers of evaluation that training does not already have. */
  evaluation: number;
  /** The KV cache of a generated text. */
  cache: number;
  /** The pruned model beside the dense one, at the default ratio; with a recovery, the model that it starts from. */
  pruned: number;
  /** What a recovery takes beside both models. Missing where none is asked for. */
  recovery?: number;
}

/** Counts the pruned model, and what is done with it after the training of masks, on a counting device. `taken`: bytes since its last call. */
export type CountAfter = (
  ctx: Ctx,
  dense: Model,
  of: { window: number; taken: () => number },
) => Promise<Pick<PlanParts, "pruned" | "recovery">>;

export interface MemoryPlan extends PlanChoice {
  parts: PlanParts;
  totalBytes: number;
  buffers: number;
  largest: { label: string; bytes: number };
  /** Size of the largest buffer that the adapter allows. */
  limitBytes: number;
  fits: boolean;
}

/** Plans for an adapter with these facts. Nothing is allocated. count: of what follows the training of masks, such as a recovery. */
export async function planMemory(
  facts: AdapterFacts,
  config: ModelConfig,
  { dtypes, ...given }: PlanRequest,
  count?: CountAfter,
): Promise<MemoryPlan> {
  const choice = withinPositions(config, given);
  const request = { ...choice, dtypes };
  const largest = { label: "", bytes: 0 };
  let buffers = 0;
  const gpu = Gpu.counting(facts, (label, bytes) => {
    buffers++;
    if (bytes > largest.bytes) Object.assign(largest, { label, bytes });
  });
  const ctx = new Ctx(gpu);
  ctx.buffers.unlimited = true;
  let before = 0;
  const taken = (): number => {
    const bytes = ctx.buffers.bytesInUse - before;
    before = ctx.buffers.bytesInUse;
    return bytes;
  };
  const model = await emptyModel(ctx, config, request);
  const weights = taken();
  const state = emptyRun(ctx, config);
  const hypernet = taken();
  trainStep(ctx, model, state, { recipe: DEFAULT_RECIPE, ids: new Uint32Array(choice.trainingTokens) });
  const step = taken();
  evaluateOnce(ctx, model, choice.evaluationTokens);
  const evaluation = taken();
  makeKvCache(ctx, config, Math.min(config.context, choice.evaluationTokens));
  const cache = taken();
  const withoutVocabulary = await stepBytes(facts, { ...config, vocab: SMALL_VOCABULARY }, request);
  const logits = step - Math.min(step, withoutVocabulary);
  const after = count
    ? await count(ctx, model, { window: choice.evaluationTokens, taken })
    : { pruned: await prunedBytes(facts, config, choice.precision) };
  const parts = { weights, hypernet, training: step - logits, logits, evaluation, cache, ...after };
  const limitBytes = Math.min(facts.maxBindingBytes, facts.maxBufferBytes);
  return {
    ...choice,
    parts,
    totalBytes: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0),
    buffers,
    largest,
    limitBytes,
    fits: largest.bytes <= limitBytes,
  };
}

/** The pruned model at the default ratio, in the precision of copies. */
async function prunedBytes(facts: AdapterFacts, config: ModelConfig, storage: WeightStorage): Promise<number> {
  const precision = precisionOfStorage(storage);
  const ctx = new Ctx(Gpu.counting(facts, () => undefined));
  ctx.buffers.unlimited = true;
  const { gpuBytes } = await emptyModel(ctx, config, { precision });
  return gpuBytes - (1 - DEFAULT_RECIPE.ratio) * budgetOf(config).blockWeights * elementBytes(precision);
}

/** A model with learned positions refuses longer sequences. */
function withinPositions({ rope, context }: ModelConfig, choice: PlanChoice): PlanChoice {
  const longest = rope ? Infinity : context;
  return {
    ...choice,
    trainingTokens: Math.min(choice.trainingTokens, longest),
    evaluationTokens: Math.min(choice.evaluationTokens, longest),
  };
}

/** A vocabulary so small that its logits take next to no memory. A multiple of 4, for the fast matmuls. */
const SMALL_VOCABULARY = 4;

/** Bytes of the buffers that a training step allocates. */
async function stepBytes(facts: AdapterFacts, config: ModelConfig, choice: PlanRequest): Promise<number> {
  const ctx = new Ctx(Gpu.counting(facts, () => undefined));
  ctx.buffers.unlimited = true;
  const model = await emptyModel(ctx, config, choice);
  const state = emptyRun(ctx, config);
  const before = ctx.buffers.bytesInUse;
  trainStep(ctx, model, state, { recipe: DEFAULT_RECIPE, ids: new Uint32Array(choice.trainingTokens) });
  return ctx.buffers.bytesInUse - before;
}

function emptyRun(ctx: Ctx, config: ModelConfig): ReturnType<typeof makeTrainState> {
  const hypernet = new Hypernet(ctx, hypernetLayout(gateLayout(config), false));
  return makeTrainState(ctx, hypernet, budgetOf(config), DEFAULT_RECIPE.lambda);
}

/**
 * Plans near this choice that fit: in half precision, as stored in a quantised file, with a shorter context, or several of these. Empty if
 * none fits.
 */
export async function choicesThatFit(
  facts: AdapterFacts,
  config: ModelConfig,
  choice: PlanRequest,
  count?: CountAfter,
): Promise<MemoryPlan[]> {
  const { dtypes } = choice;
  const quantised = dtypes && blockDtypesOf(config, dtypes).length > 0;
  const smaller = [
    ...(choice.precision === "f32" ? (["f16"] as const) : []),
    ...(quantised ? (["file"] as const) : []),
  ];
  const found: MemoryPlan[] = [];
  for (const precision of smaller.filter((one) => one !== choice.precision)) {
    const plan = await planMemory(facts, config, { ...choice, precision }, count);
    if (plan.fits) found.push(plan);
  }
  const fitting = new Set(found.map((plan) => plan.precision));
  for (const precision of new Set([choice.precision, ...smaller])) {
    if (fitting.has(precision)) break;
    let { trainingTokens, evaluationTokens } = choice;
    while (trainingTokens > RECIPE_BOUNDS.tokens.min || evaluationTokens > RECIPE_BOUNDS.tokens.min) {
      trainingTokens = Math.max(RECIPE_BOUNDS.tokens.min, Math.floor(trainingTokens / 2));
      evaluationTokens = Math.max(RECIPE_BOUNDS.tokens.min, Math.floor(evaluationTokens / 2));
      const plan = await planMemory(facts, config, { precision, trainingTokens, evaluationTokens, dtypes }, count);
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
};

const GIGA = 1e9;
const gigabytes = (bytes: number): string => `${(bytes / GIGA).toFixed(bytes < GIGA / 10 ? 3 : 2)} GB`;

/** The error "limit" for a plan that does not fit, with its numbers and those of the plans that would fit. */
export function planRefusal(name: string, plan: MemoryPlan, others: readonly MemoryPlan[]): EngineError {
  const { totalBytes, buffers, largest, limitBytes } = plan;
  const needs = `${name} needs ${gigabytes(totalBytes)} in ${buffers} buffers, of which ${largest.label} takes ${gigabytes(largest.bytes)}; this adapter allows ${gigabytes(limitBytes)} per buffer.`;
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

/** A plan, and if it does not fit, plans that would. */
export interface PlanResult {
  name: string;
  plan: MemoryPlan;
  others: readonly MemoryPlan[];
  /** Whether the file has quantised matrices, which can stay as they are. */
  quantised: boolean;
}

/** The model to plan for, by the name that messages use. */
interface PlanSubject {
  name: string;
  config: ModelConfig;
  choice: PlanChoice;
  /** Element types of its file. */
  dtypes: FileDtypes;
  count?: CountAfter;
}

/** Plans, reports the plan, and throws "limit" if it does not fit. */
export async function approvePlan(
  facts: AdapterFacts,
  { name, config, choice: given, dtypes, count }: PlanSubject,
  onPlan: (result: PlanResult) => void = () => undefined,
): Promise<void> {
  const choice = { ...given, dtypes };
  const plan = await planMemory(facts, config, choice, count);
  const others = plan.fits ? [] : await choicesThatFit(facts, config, choice, count);
  onPlan({ name, plan, others, quantised: blockDtypesOf(config, dtypes).length > 0 });
  if (!plan.fits) throw planRefusal(name, plan, others);
}
