// One training run: made from a recipe or a checkpoint, it steps, reports its metrics, and can be paused, retargeted and saved.
import type { Ctx } from "../ctx.ts";
import { EngineError } from "../errors.ts";
import { Tap } from "../gpu/readback.ts";
import { stepsAhead } from "../gpu/stepsAhead.ts";
import type { Model } from "../model/load.ts";
import { useMatmulTable } from "../ops/kit/matmulChoice.ts";
import { METRICS } from "../ops/metrics.ts";
import { writeStepState } from "../ops/kit/stepState.ts";
import { budgetOf } from "../masks/budget.ts";
import { gateLayout } from "../masks/gates.ts";
import { checkReachable } from "../masks/reachable.ts";
import { gateModelFor } from "../prune/gates/ablations.ts";
import { flatValues, lengthOf, writeFlat } from "../ops/kit/flatValues.ts";
import { ELEMENT_BYTES, type Tensor } from "../tensor.ts";
import { batchOf } from "./batches.ts";
import { ratioOfStep, trainedRatio } from "./ratio.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { resumeNote } from "./resumeNote.ts";
import { checkRecipe, type Recipe } from "../recipes/recipe.ts";
import { type Targets, withTarget } from "../recipes/targets.ts";
import { freeTrainState, makeTrainState, RING_SLOTS, type TrainState } from "./state.ts";
import { trainStep } from "./step.ts";

/** Metrics of consecutive steps, one column per number, oldest step first. */
export interface StepMetrics {
  step: Uint32Array<ArrayBuffer>;
  /** Mean cross-entropy in nats per token, under the sampled masks. */
  loss: Float32Array<ArrayBuffer>;
  /** R = |ln(T / (p T_total))|. */
  penalty: Float32Array<ArrayBuffer>;
  /** Kept share of the block weights, under the sampled masks. */
  kept: Float32Array<ArrayBuffer>;
  /** Ratio that the step aimed at. */
  target: Float32Array<ArrayBuffer>;
}

export interface StepReport {
  /** Of the steps since the last report. */
  metrics: StepMetrics;
  /** Flat gate logits of the newest of these steps, before its update. */
  logits: Float32Array<ArrayBuffer>;
  step: number;
}

export interface RunOptions {
  /** Called between steps; true fetches metrics and gate logits. Throttle here. */
  due: () => boolean;
  onReport: (report: StepReport) => void;
  /** Awaited every checkpointEvery steps, after a report of them. */
  onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
  /** Stops after this many steps; default: all steps of the recipe. */
  steps?: number;
}

export interface RunInput {
  recipe: Recipe;
  /** Token ids to train on. */
  text: Uint32Array;
  /** Names the model and the text; a checkpoint can be restored if its subject is the same. */
  subject: string;
}

export class Session {
  readonly recipe: Recipe;
  /** Steps done. */
  step = 0;
  /** The ratio that the next step trains for. In a run for every ratio, the one that gate logits are reported for. */
  ratio: number;
  /** The ratios that steps were for so far. Empty in a run for every ratio, whose steps draw theirs. */
  targets: Targets = [];
  private readonly ctx: Ctx;
  private readonly model: Model;
  private readonly text: Uint32Array;
  private readonly subject: string;
  private readonly state: TrainState;
  private readonly blockWeights: number;
  private readonly ringTap: Tap;
  private readonly logitsTap: Tap;
  private reported = 0;
  private pausing = false;

  /** Starts at step 0; call `restore` to continue from a checkpoint. Throws what `checkRecipe` and `checkReachable` throw. */
  constructor(ctx: Ctx, model: Model, { recipe, text, subject }: RunInput) {
    this.ctx = ctx;
    this.model = model;
    this.text = text;
    this.recipe = checkRecipe(recipe);
    checkReachable(model.config, recipe);
    this.ratio = recipe.ratio;
    this.subject = subject;
    const layout = gateLayout(model.config);
    const budget = budgetOf(model.config);
    this.blockWeights = budget.blockWeights;
    this.state = makeTrainState(ctx, gateModelFor(ctx, layout, recipe), budget, recipe.lambda);
    this.ringTap = new Tap(ctx.gpu, ctx.buffers, RING_SLOTS * METRICS * ELEMENT_BYTES, "metrics");
    this.logitsTap = new Tap(ctx.gpu, ctx.buffers, layout.length * ELEMENT_BYTES, "logits");
  }

  get finished(): boolean {
    return this.step >= this.recipe.steps;
  }

  /** Ends `run` after the current step. */
  pause(): void {
    this.pausing = true;
  }

  /**
   * Steps until the recipe's last step, `options.steps` or pause, and reports what is new before it returns.
   * Throws "not-finite" (the last checkpoint is older) and "device-lost".
   */
  async run(options: RunOptions): Promise<void> {
    this.pausing = false;
    const end = Math.min(this.recipe.steps, this.step + (options.steps ?? Infinity));
    if (this.step < end)
      await this.ctx.gpu.checked("the training step's kernels", () => this.ctx.warm(() => this.dispatch()));
    await stepsAhead(this.ctx.gpu, async (submitted) => {
      let logits: Tensor | undefined;
      while (this.step < end && !this.pausing) {
        // The first step compiles and allocates, so an error in it is reported with its cause.
        logits = logits ? this.record() : await this.ctx.gpu.checked("a training step", () => this.record());
        // Copies must be queued before the next step overwrites what they read.
        const report = this.step - this.reported >= RING_SLOTS / 2 || options.due() ? this.report(logits) : undefined;
        await submitted();
        if (report) options.onReport(await report);
        if (options.onCheckpoint && this.step % this.recipe.checkpointEvery === 0) {
          // What is measured at a checkpoint comes after the metrics of its steps.
          if (this.reported < this.step) options.onReport(await this.report(logits));
          await options.onCheckpoint(await this.checkpoint());
        }
      }
      if (logits && this.reported < this.step) options.onReport(await this.report(logits));
    });
  }

  /**
   * Flat gate logits after the last update. In a run for every ratio they are for `ratio`, or for the nearest ratio that it was trained for.
   * May be called at any time, also between the steps of a run. Calls that do not overlap allocate nothing from the second on.
   */
  logits(ratio = this.ratio): Promise<Float32Array<ArrayBuffer>> {
    return this.readLogits(this.forward(ratio));
  }

  /** The state of the run; no step may begin before it resolves. Throws "not-finite" if a parameter is not finite, so that no broken run is saved. */
  async checkpoint(): Promise<Checkpoint> {
    const { gateModel, m, v } = this.state;
    const { step, targets } = this;
    const theta = await flatValues(this.ctx, gateModel.parameters);
    if (!theta.every(Number.isFinite)) throw notFinite(step);
    const [first, second] = [await flatValues(this.ctx, m), await flatValues(this.ctx, v)];
    const recipe = { ...this.recipe, ratio: this.ratio };
    const matmul = { adapter: this.ctx.gpu.facts.name, table: this.ctx.matmulTable };
    return { recipe, step, targets, subject: this.subject, matmul, theta, m: first, v: second };
  }

  /**
   * Continues from a checkpoint of the same subject, with its matmul kernels unless `resumeNote` says why not. Throws "format" if it belongs
   * to another run.
   */
  restore(checkpoint: Checkpoint): void {
    const { gateModel, m, v } = this.state;
    if (checkpoint.subject !== this.subject || checkpoint.theta.length !== lengthOf(gateModel.parameters)) {
      throw new EngineError("format", "this checkpoint belongs to another model or text. Start a new run.");
    }
    const { matmul } = checkpoint;
    if (matmul && resumeNote(this.ctx, checkpoint) === undefined) useMatmulTable(this.ctx, matmul.table);
    const write = (tensors: readonly Tensor[], values: Float32Array<ArrayBuffer>): void =>
      writeFlat(this.ctx, tensors, values, "Start a new run.");
    write(gateModel.parameters, checkpoint.theta);
    write(m, checkpoint.m);
    write(v, checkpoint.v);
    this.step = checkpoint.step;
    this.reported = checkpoint.step;
    this.ratio = checkpoint.recipe.ratio;
    this.targets = checkpoint.targets;
  }

  free(): void {
    this.ringTap.free();
    this.logitsTap.free();
    freeTrainState(this.ctx, this.state);
  }

  private forward(ratio: number): Tensor {
    this.state.gateModel.setRatio(this.ctx, trainedRatio(this.recipe, ratio));
    return this.ctx.step(() => this.state.gateModel.forward(this.ctx));
  }

  /** Queues the copy at once. The tap serves one read at a time; a second one at the same time gets a buffer of its own. */
  private async readLogits(logits: Tensor): Promise<Float32Array<ArrayBuffer>> {
    if (this.logitsTap.pending) return this.ctx.read(logits);
    return new Float32Array(await this.logitsTap.read(logits.buffer));
  }

  private record(): Tensor {
    const { recipe, step } = this;
    const ratio = ratioOfStep(recipe, step, this.ratio);
    if (recipe.ratioMode === "one") this.targets = withTarget(this.targets, step, ratio);
    writeStepState(this.ctx, this.state.step, { seed: recipe.seed, step, ratio });
    this.state.gateModel.setRatio(this.ctx, ratio);
    const logits = this.dispatch();
    this.step++;
    return logits;
  }

  private dispatch(): Tensor {
    const { recipe, step } = this;
    const ids = batchOf(this.text, recipe.tokens, recipe.seed, step);
    return trainStep(this.ctx, this.model, this.state, { recipe, ids }).logits;
  }

  private async report(stepLogits: Tensor): Promise<StepReport> {
    const { step, reported } = this;
    this.reported = step;
    // The step's own logits are for the ratio that it drew; the report is for the ratio that was asked for.
    const logits = this.recipe.ratioMode === "every" ? this.forward(this.ratio) : stepLogits;
    const [ring, values] = await Promise.all([this.ringTap.read(this.state.ring.buffer), this.readLogits(logits)]);
    const metrics = metricsOf(new Float32Array(ring), reported, step - reported, this.blockWeights);
    return { metrics, logits: values, step };
  }
}

/** Columns of `count` steps from `first` on, out of the ring's rows (RING_SLOTS x METRICS). Throws "not-finite". */
function metricsOf(rows: Float32Array, first: number, count: number, blockWeights: number): StepMetrics {
  const column = (): Float32Array<ArrayBuffer> => new Float32Array(count);
  const metrics = {
    step: new Uint32Array(count),
    ...{ loss: column(), penalty: column(), kept: column(), target: column() },
  };
  for (let i = 0; i < count; i++) {
    const slot = ((first + i) % RING_SLOTS) * METRICS;
    const [loss = NaN, penalty = NaN, kept = NaN, target = NaN] = rows.subarray(slot, slot + METRICS);
    if (!Number.isFinite(loss + penalty)) throw notFinite(first + i);
    metrics.step[i] = first + i;
    metrics.loss[i] = loss;
    metrics.penalty[i] = penalty;
    metrics.kept[i] = kept / blockWeights;
    metrics.target[i] = target;
  }
  return metrics;
}

const notFinite = (step: number): EngineError =>
  new EngineError(
    "not-finite",
    `The loss of step ${step} is not a finite number, so the run was stopped. ${step === 0 ? "It was the first one: the weights of the model may be damaged, which its dense perplexity shows." : "Resume from the last checkpoint, which is older, if there is one, or train with a lower learning rate or another seed."}`,
    { step },
  );
