// How much GPU memory a model and its run will take, before anything is loaded: the engine's own code, run on a device that only counts.
import { Ctx, type Recompute } from "../ctx.ts";
import { quantisedOnOpening, type WeightStorage } from "../dtype.ts";
import { type AdapterFacts, Gpu } from "../gpu/device.ts";
import type { Model } from "../model/load.ts";
import { makeKvCache } from "../model/kvCache.ts";
import { type FileDtypes, precisionOfStorage } from "../model/matrixStorage.ts";
import type { ModelConfig } from "../config/modelConfig.ts";
import { budgetOf } from "../masks/budget.ts";
import { gateLayout } from "../masks/gates.ts";
import { Hypernet } from "../prune/gates/hypernet.ts";
import { hypernetLayout } from "../prune/gates/hypernetLayout.ts";
import { ELEMENT_BYTES, elementBytes } from "../tensor.ts";
import { DEFAULT_RECIPE } from "../recipes/recipe.ts";
import { emptyModel, evaluateOnce } from "./emptyModel.ts";
import { makeTrainState } from "./state.ts";
import { trainStep } from "./step.ts";

export interface PlanChoice {
  /** How matrices are stored. */
  precision: WeightStorage;
  /** Tokens of a training step. */
  trainingTokens: number;
  /** Tokens of a perplexity window. */
  evaluationTokens: number;
  /** Which blocks a step computes again. Default: none. */
  recompute?: Recompute;
  /** Whether the pruned model gets weights of its own, which its speed is measured with; else it is the dense one under masks. Default: true, unless matrices are quantised on opening. */
  compact?: boolean;
  /** Memory that all of this has to fit into. Default: not limited, because WebGPU does not report it. */
  memoryBytes?: number;
}

/** A choice for a model; with the element types of its file, which matter where matrices are stored as there. Default: all f32. */
export interface FilePlanChoice extends PlanChoice {
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
  /** Buffers of evaluation that training does not already have; with a limit, what evaluation takes more than training. */
  evaluation: number;
  /** The KV cache of a generated text of 512 tokens, or of a window if that is shorter. */
  cache: number;
  /** The pruned model beside the dense one, at the default ratio, or its masks; with a recovery, the model that it starts from. */
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
  recompute: Recompute;
  compact: boolean;
  parts: PlanParts;
  totalBytes: number;
  /**
   * Memory of the buffers of a step: those of training and of evaluation take turns in it where a limit is given; Infinity where they stay
   * beside each other.
   */
  stepBytes: number;
  /** Floating-point operations of the matmuls of a training step. */
  stepFlop: number;
  buffers: number;
  largest: { label: string; bytes: number };
  /** Size of the largest buffer that the adapter allows. */
  limitBytes: number;
  fits: boolean;
}

/** Tokens of a generated text, with its prompt, for which a KV cache is planned. */
const GENERATED_TOKENS = 512;

const NO_RECOMPUTE: Recompute = { blocks: 0, group: 1 };

/** Counts bytes and matmuls instead of computing. */
class CountingCtx extends Ctx {
  readonly largest = { label: "", bytes: 0 };
  count = 0;
  matmulFlop = 0;
  private before = 0;

  constructor(facts: AdapterFacts, recompute: Recompute) {
    super(
      Gpu.counting(facts, (label, bytes) => {
        this.count++;
        if (bytes > this.largest.bytes) Object.assign(this.largest, { label, bytes });
      }),
    );
    this.buffers.unlimited = true;
    this.recompute = recompute;
  }

  override spend(flop: number): void {
    this.matmulFlop += flop;
    super.spend(flop);
  }

  /** Bytes since the last call. */
  readonly taken = (): number => {
    const bytes = this.buffers.bytesInUse - this.before;
    this.before = this.buffers.bytesInUse;
    return bytes;
  };
}

/** Plans for an adapter with these facts. Nothing is allocated. count: of what follows the training of masks, such as a recovery. */
export async function planMemory(
  facts: AdapterFacts,
  config: ModelConfig,
  { dtypes, ...given }: FilePlanChoice,
  count?: CountAfter,
): Promise<MemoryPlan> {
  const compact = quantisedOnOpening(given.precision) === undefined;
  const choice = { recompute: NO_RECOMPUTE, compact, ...withinPositions(config, given) };
  const request = { ...choice, dtypes };
  const ctx = new CountingCtx(facts, choice.recompute);
  const { taken } = ctx;
  const model = await emptyModel(ctx, config, request);
  const weights = taken();
  const { hypernet, step } = runStep(ctx, model, choice);
  const stepFlop = ctx.matmulFlop;
  evaluateOnce(ctx, model, choice.evaluationTokens);
  const more = taken();
  const alone = given.memoryBytes === undefined || count ? undefined : await evaluationBytes(facts, config, request);
  const evaluation = alone === undefined ? more : Math.max(0, alone - step);
  const stepBytes = alone === undefined ? Infinity : Math.max(step, alone);
  makeKvCache(ctx, config, Math.min(config.context, choice.evaluationTokens, GENERATED_TOKENS));
  const cache = taken();
  const withoutVocabulary = await trainingBytes(facts, { ...config, vocab: SMALL_VOCABULARY }, request);
  const logits = step - Math.min(step, withoutVocabulary);
  const pruned = choice.compact ? await compactBytes(facts, config, choice.precision) : maskBytes(config);
  const after = count ? await count(ctx, model, { window: choice.evaluationTokens, taken }) : { pruned };
  const parts = { weights, hypernet, training: step - logits, logits, evaluation, cache, ...after };
  const limitBytes = Math.min(facts.maxBindingBytes, facts.maxBufferBytes);
  const totalBytes = totalOf(parts);
  return {
    ...choice,
    ...{ parts, totalBytes, stepBytes, stepFlop, buffers: ctx.count, largest: ctx.largest, limitBytes },
    fits: ctx.largest.bytes <= limitBytes && totalBytes <= (choice.memoryBytes ?? Infinity),
  };
}

const totalOf = (parts: PlanParts): number =>
  Object.values<number>({ ...parts }).reduce((sum, bytes) => sum + bytes, 0);

/** A compact model of the default ratio, in the precision of copies. */
async function compactBytes(facts: AdapterFacts, config: ModelConfig, storage: WeightStorage): Promise<number> {
  const precision = precisionOfStorage(storage);
  const { gpuBytes } = await emptyModel(new CountingCtx(facts, NO_RECOMPUTE), config, { precision });
  return gpuBytes - (1 - DEFAULT_RECIPE.ratio) * budgetOf(config).blockWeights * elementBytes(precision);
}

const maskBytes = (config: ModelConfig): number => gateLayout(config).length * ELEMENT_BYTES;

/** The same plan with masks on the dense model in place of a compact one. */
export function withoutCompact(config: ModelConfig, plan: MemoryPlan): MemoryPlan {
  const parts = { ...plan.parts, pruned: maskBytes(config) };
  const totalBytes = totalOf(parts);
  const fits = plan.largest.bytes <= plan.limitBytes && totalBytes <= (plan.memoryBytes ?? Infinity);
  return { ...plan, compact: false, parts, totalBytes, fits };
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

/** Bytes of the buffers that a window of evaluation allocates where no others are. */
async function evaluationBytes(facts: AdapterFacts, config: ModelConfig, choice: FilePlanChoice): Promise<number> {
  const ctx = new CountingCtx(facts, NO_RECOMPUTE);
  const model = await emptyModel(ctx, config, choice);
  ctx.taken();
  evaluateOnce(ctx, model, choice.evaluationTokens);
  return ctx.taken();
}

/** Bytes of the buffers that a training step allocates. */
async function trainingBytes(
  facts: AdapterFacts,
  config: ModelConfig,
  choice: Required<Pick<PlanChoice, "recompute">> & FilePlanChoice,
): Promise<number> {
  const ctx = new CountingCtx(facts, choice.recompute);
  return runStep(ctx, await emptyModel(ctx, config, choice), choice).step;
}

/** Runs a training step, and returns the bytes of its state and of its own. */
function runStep(ctx: CountingCtx, model: Model, { trainingTokens }: PlanChoice): { hypernet: number; step: number } {
  const { config } = model;
  ctx.taken();
  const gateModel = new Hypernet(ctx, hypernetLayout(gateLayout(config), false));
  const state = makeTrainState(ctx, gateModel, budgetOf(config), DEFAULT_RECIPE.lambda);
  const hypernet = ctx.taken();
  ctx.matmulFlop = 0;
  trainStep(ctx, model, state, { recipe: DEFAULT_RECIPE, ids: new Uint32Array(trainingTokens) });
  return { hypernet, step: ctx.taken() };
}
