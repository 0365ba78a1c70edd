// One run: makes its state from a recipe or a checkpoint, steps, reports at a human pace, and can be paused, re-targeted and saved.
import type { Ctx } from "../ctx.ts";
import { EngineError } from "../errors.ts";
import { Tap } from "../gpu/readback.ts";
import type { Model } from "../model/load.ts";
import { METRICS } from "../ops/metrics.ts";
import { writeStepState } from "../ops/kit/stepState.ts";
import { budgetOf } from "../masks/budget.ts";
import { gateLayout } from "../masks/gates.ts";
import { gateModelFor } from "../prune/gates/ablations.ts";
import { ELEMENT_BYTES, elements, type Tensor } from "../tensor.ts";
import { batchOf } from "./batches.ts";
import { ratioOfStep, trainedRatio } from "./ratio.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { checkRecipe, type Recipe } from "../recipes/recipe.ts";
import { freeTrainState, makeTrainState, RING_SLOTS, type TrainState } from "./state.ts";
import { trainStep } from "./step.ts";

/** Steps that may wait in the GPU's queue: one runs while the next is recorded. */
const STEPS_AHEAD = 2;

/** Numbers of one step. `kept` is a share of the block weights. */
export interface StepMetrics {
  step: number;
  loss: number;
  penalty: number;
  kept: number;
  target: number;
}

export interface StepReport {
  /** Of the steps since the last report, oldest first. */
  metrics: readonly StepMetrics[];
  /** Flat logits of the newest of them, before its update. */
  logits: Float32Array<ArrayBuffer>;
  step: number;
}

export interface RunOptions {
  /** Asked between steps; true fetches metrics and logits (a throttle belongs here). */
  due: () => boolean;
  onReport: (report: StepReport) => void;
  /** Awaited every checkpointEvery steps. */
  onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
  /** Stops after this many steps; default: the recipe's end. */
  steps?: number;
}

export class Session {
  readonly recipe: Recipe;
  /** Steps done. */
  step = 0;
  /** p that the next step aims at, or that logits are made for where the run is for every ratio. */
  ratio: number;
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

  /** text: token ids to train on. subject: what a checkpoint must match. Call `restore` to go on from a checkpoint. */
  constructor(ctx: Ctx, model: Model, text: Uint32Array, recipe: Recipe, subject: string) {
    this.ctx = ctx;
    this.model = model;
    this.text = text;
    this.recipe = checkRecipe(recipe);
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

  /** Ends `run` after the step under way. */
  pause(): void {
    this.pausing = true;
  }

  /**
   * Steps until the recipe's end, `options.steps`, or pause. Reports what is new before it returns.
   * Throws "not-finite" (the last checkpoint is from before it) and "device-lost".
   */
  async run(options: RunOptions): Promise<void> {
    this.pausing = false;
    const end = Math.min(this.recipe.steps, this.step + (options.steps ?? Infinity));
    const queue: Promise<void>[] = [];
    let logits: Tensor | undefined;
    if (this.step < end)
      await this.ctx.gpu.checked("the training step's kernels", () => this.ctx.warm(() => this.dispatch()));
    try {
      while (this.step < end && !this.pausing) {
        // The first step compiles and allocates; what goes wrong there should say so.
        logits =
          queue.length === 0 && !logits
            ? await this.ctx.gpu.checked("a training step", () => this.record())
            : this.record();
        // Copies must be asked for before the next step overwrites what they read.
        const report = this.step - this.reported >= RING_SLOTS / 2 || options.due() ? this.report(logits) : undefined;
        queue.push(this.ctx.gpu.idle());
        if (queue.length >= STEPS_AHEAD) await queue.shift();
        if (report) options.onReport(await report);
        if (options.onCheckpoint && this.step % this.recipe.checkpointEvery === 0) {
          await options.onCheckpoint(await this.checkpoint());
        }
      }
      await Promise.all(queue);
    } finally {
      await Promise.allSettled(queue);
    }
    if (logits && this.reported < this.step) options.onReport(await this.report(logits));
  }

  /**
   * Flat logits after the last update; of a run for every ratio those for `keep`, or for the nearest ratio that it was trained for.
   * At any time, also between the steps of a run; asked for one after the other, nothing is allocated from the second time on.
   */
  logits(ratio = this.ratio): Promise<Float32Array<ArrayBuffer>> {
    return this.readLogits(this.forward(ratio));
  }

  /** What has been trained so far. Throws "not-finite" rather than save a broken run. */
  async checkpoint(): Promise<Checkpoint> {
    const { gateModel, m, v } = this.state;
    const { step } = this;
    const [theta, first, second] = await Promise.all([
      this.ctx.read(gateModel.theta),
      this.ctx.read(m),
      this.ctx.read(v),
    ]);
    if (!theta.every(Number.isFinite)) throw notFinite(step);
    return { recipe: { ...this.recipe, ratio: this.ratio }, step, subject: this.subject, theta, m: first, v: second };
  }

  /** Goes on from a checkpoint of the same subject. Throws "format" where it does not fit. */
  restore(checkpoint: Checkpoint): void {
    const { gateModel, m, v } = this.state;
    if (checkpoint.subject !== this.subject || checkpoint.theta.length !== elements(gateModel.theta)) {
      throw new EngineError("format", "this checkpoint belongs to another model or text; start a new run");
    }
    this.ctx.write(gateModel.theta, checkpoint.theta);
    this.ctx.write(m, checkpoint.m);
    this.ctx.write(v, checkpoint.v);
    this.step = checkpoint.step;
    this.reported = checkpoint.step;
    this.ratio = checkpoint.recipe.ratio;
  }

  free(): void {
    this.ringTap.free();
    this.logitsTap.free();
    freeTrainState(this.ctx, this.state);
  }

  private forward(ratio: number): Tensor {
    this.state.gateModel.aim(this.ctx, trainedRatio(this.recipe, ratio));
    return this.ctx.step(() => this.state.gateModel.forward(this.ctx));
  }

  /** Copies at once. Two reads at the same time do not share the tap. */
  private async readLogits(logits: Tensor): Promise<Float32Array<ArrayBuffer>> {
    if (this.logitsTap.pending) return this.ctx.read(logits);
    return new Float32Array(await this.logitsTap.read(logits.buffer));
  }

  private record(): Tensor {
    const { recipe, step } = this;
    const ratio = ratioOfStep(recipe, step, this.ratio);
    writeStepState(this.ctx, this.state.step, { seed: recipe.seed, step, ratio });
    this.state.gateModel.aim(this.ctx, ratio);
    const logits = this.dispatch();
    this.step++;
    return logits;
  }

  private dispatch(): Tensor {
    const { recipe, step } = this;
    const ids = batchOf(this.text, recipe.tokens, recipe.seed, step);
    return trainStep(this.ctx, this.model, this.state, recipe, { ids }).logits;
  }

  private async report(stepLogits: Tensor): Promise<StepReport> {
    const { step, reported } = this;
    this.reported = step;
    // The step's own logits are for the ratio that it drew; what is shown is for the one asked for.
    const logits = this.recipe.ratioMode === "every" ? this.forward(this.ratio) : stepLogits;
    const [ring, values] = await Promise.all([this.ringTap.read(this.state.ring.buffer), this.readLogits(logits)]);
    const rows = new Float32Array(ring);
    const metrics = Array.from({ length: step - reported }, (_, i) => {
      const slot = ((reported + i) % RING_SLOTS) * METRICS;
      const [loss = NaN, penalty = NaN, kept = NaN, target = NaN] = rows.subarray(slot, slot + METRICS);
      if (!Number.isFinite(loss + penalty)) throw notFinite(reported + i);
      return { step: reported + i, loss, penalty, kept: kept / this.blockWeights, target };
    });
    return { metrics, logits: values, step };
  }
}

const notFinite = (step: number): EngineError =>
  new EngineError(
    "not-finite",
    `The loss of step ${step} is not a finite number, so the run was stopped. The last checkpoint is from before it: resume from there, with a lower learning rate or another seed.`,
    { step },
  );
