// One recovery: made from a recipe or a checkpoint, it steps, reports its losses, measures its guard, and can be paused and saved.
import type { Ctx } from "../ctx.ts";
import { EngineError, invariant } from "../errors.ts";
import { Tap } from "../gpu/readback.ts";
import { stepsAhead } from "../gpu/stepsAhead.ts";
import type { Model } from "../model/load.ts";
import { requireOwnWeights } from "../model/ownWeights.ts";
import { writeStepState } from "../ops/kit/stepState.ts";
import { METRICS } from "../ops/metrics.ts";
import { checkRecoverRecipe, rateOfStep, type RecoverRecipe } from "../recipes/recoverRecipe.ts";
import { sameFields } from "../recipes/sameFields.ts";
import { ELEMENT_BYTES, type Tensor } from "../tensor.ts";
import { batchOf } from "../train/batches.ts";
import { RING_SLOTS } from "../train/state.ts";
import { flatValues, writeFlat } from "../ops/kit/flatValues.ts";
import { decodeRecovery, encodeRecovery } from "./checkpoint.ts";
import { guarded, type GuardedText, guardedText, guardPerplexity, type GuardRecord } from "./guard.ts";
import { freeRecoverState, keepBest, makeRecoverState, type RecoverState, recoverStep } from "./step.ts";
import type { LowRankAdapter } from "../formats/export/peftAdapter.ts";
import type { Pruning } from "./storedParts.ts";
import { makeStudent } from "./student.ts";
import type { PrunedWeightsReader, Student } from "./trained.ts";

interface RecoverReport {
  /** Mean KL to the dense model in nats per token, of the steps since the last report, oldest first. */
  losses: Float32Array<ArrayBuffer>;
  /** Steps done. */
  step: number;
}

interface RecoverOptions {
  /** Called between steps; true fetches the losses. Throttle here. */
  due: () => boolean;
  onReport: (report: RecoverReport) => void;
  /** Called after each measurement of the guard; the first is of the pruned model. */
  onGuard?: (record: GuardRecord) => void;
  /** Stops after this many steps; default: all steps of the recipe. */
  steps?: number;
}

interface RecoverInput {
  /** The model before pruning: the teacher. */
  dense: Model;
  /** The pruned model. It does not change: its trained matrices are copied. */
  pruned: Model;
  pruning: Pruning;
  /** What `pruned` was made from; only a low-rank recovery reads them. */
  weights: PrunedWeightsReader;
  recipe: RecoverRecipe;
  /** Token ids of the training text; its end becomes the guard's slice. */
  text: Uint32Array;
  /** Tokens of a window of the guard. */
  context: number;
  /** Names the pruned model and the text; a checkpoint can be restored if its subject is the same. */
  subject: string;
}

export class RecoverSession {
  readonly recipe: RecoverRecipe;
  /** Steps done. */
  step = 0;
  /** Missing until `run` has measured the pruned model. */
  guard: GuardRecord | undefined;
  /** Tokens of a window of the guard, fewer in a short text. A checkpoint brings its own. */
  context: number;
  private readonly ctx: Ctx;
  private readonly dense: Model;
  private readonly student: Student;
  private readonly state: RecoverState;
  private readonly weights: PrunedWeightsReader;
  private readonly ids: Uint32Array;
  private text: GuardedText;
  readonly subject: string;
  private readonly tap: Tap;
  private reported = 0;
  private pausing = false;

  /** Starts at step 0; call `restore` to continue from a checkpoint. Throws "config" for the recipe, "shape" for a text that is too short. */
  constructor(ctx: Ctx, { dense, pruned, pruning, weights, recipe, text, context, subject }: RecoverInput) {
    requireOwnWeights(dense, "A recovery");
    this.ctx = ctx;
    this.dense = dense;
    this.recipe = checkRecoverRecipe(recipe);
    this.weights = weights;
    this.subject = subject;
    this.context = Math.min(context, pruned.config.context);
    this.ids = text;
    this.text = guardedText(text, this.context);
    this.student = makeStudent(ctx, pruned, { pruning, recipe });
    this.state = makeRecoverState(ctx, this.student);
    this.tap = new Tap(ctx.gpu, ctx.buffers, RING_SLOTS * METRICS * ELEMENT_BYTES, "metrics");
  }

  get finished(): boolean {
    return this.step >= this.recipe.steps;
  }

  /** Whether the guard has measured an improvement. If not, the recovery is undone: `values` are those of the pruned model. */
  get improved(): boolean {
    return (this.guard?.bestStep ?? 0) > 0;
  }

  /** The model as it is trained, with the weights of the last step. It belongs to the session. */
  get model(): Model {
    return this.student.model;
  }

  /** Perplexity of another model, such as the dense one, on the guard's slice. */
  guardPerplexity(model: Model): Promise<number> {
    return guardPerplexity(this.ctx, model, this.text);
  }

  /** Ends `run` after the current step. */
  pause(): void {
    this.pausing = true;
  }

  /**
   * Steps until the recipe's last step, `options.steps` or pause, and reports what is new before it returns. The guard measures before the
   * first step, every `measureEvery` steps and after the last. Throws "not-finite" (the last checkpoint is older) and "device-lost".
   */
  async run(options: RecoverOptions): Promise<void> {
    this.pausing = false;
    const end = Math.min(this.recipe.steps, this.step + (options.steps ?? Infinity));
    if (!this.guard) await this.measure(options);
    let first = true;
    if (this.step < end)
      await this.ctx.gpu.checked("the recovery's kernels", () => this.ctx.warm(() => this.dispatch()));
    await stepsAhead(this.ctx.gpu, async (submitted) => {
      while (this.step < end && !this.pausing) {
        // The first step compiles and allocates, so an error in it is reported with its cause.
        if (first) await this.ctx.gpu.checked("a step of the recovery", () => this.record());
        else this.record();
        first = false;
        // Copies must be queued before the next step overwrites what they read.
        const report = this.step - this.reported >= RING_SLOTS / 2 || options.due() ? this.report() : undefined;
        await submitted();
        if (report) options.onReport(await report);
        if (this.step % this.recipe.measureEvery === 0 || this.finished) {
          if (this.reported < this.step) options.onReport(await this.report());
          await this.measure(options);
        }
      }
    });
    if (this.reported < this.step) options.onReport(await this.report());
  }

  /** The best weights, by the names and in the shapes of the file's tensors; what structural pruning cut is 0. */
  values(): Promise<Map<string, Float32Array<ArrayBuffer>>> {
    return this.student.values(this.state.best, this.weights);
  }

  /** The best adapters in the shapes of the file's matrices; undefined where the recovery has none of low rank. */
  async adapter(): Promise<LowRankAdapter | undefined> {
    return this.student.adapter?.(this.state.best);
  }

  /** The state of the recovery, as the bytes of a safetensors file. Throws "not-finite" if a weight is not finite, so that no broken recovery is saved. */
  async checkpoint(): Promise<Uint8Array<ArrayBuffer>> {
    const { recipe, step, subject, context, guard, ctx, state } = this;
    const theta = await flatValues(ctx, this.thetas);
    if (!theta.every(Number.isFinite)) throw notFinite(step);
    const [m, v, best] = [
      await flatValues(ctx, state.m),
      await flatValues(ctx, state.v),
      await flatValues(ctx, state.best),
    ];
    return encodeRecovery({ recipe, step, subject, context, ...(guard ? { guard } : {}), theta, m, v, best });
  }

  /**
   * Continues from a checkpoint of the same subject and recipe, with its division of the text and its windows: perplexities of different
   * contexts are never compared. Throws "format" if it belongs to another one.
   */
  async restore(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const checkpoint = await decodeRecovery(bytes);
    invariant(
      sameFields(checkpoint.recipe, this.recipe) && checkpoint.subject === this.subject,
      "format",
      "this checkpoint belongs to another model, text or recipe. Start a new recovery.",
    );
    const context = checkpoint.context ?? this.context;
    const text = guardedText(this.ids, context);
    const { length } = text.guard;
    invariant(
      (checkpoint.guard?.tokens ?? length) === length,
      "format",
      `checkpoint: guard.tokens: expected ${length}, in windows of ${context}, got ${checkpoint.guard?.tokens}. Its guard was measured in other windows: start a new recovery.`,
    );
    const { ctx, state } = this;
    const advice = "It belongs to another pruned model: start a new recovery.";
    writeFlat(ctx, this.thetas, checkpoint.theta, advice);
    for (const name of ["m", "v", "best"] as const) writeFlat(ctx, state[name], checkpoint[name], advice);
    this.step = checkpoint.step;
    this.reported = checkpoint.step;
    this.guard = checkpoint.guard;
    this.context = context;
    this.text = text;
  }

  free(): void {
    this.tap.free();
    freeRecoverState(this.ctx, this.state);
    this.student.free();
  }

  private get thetas(): Tensor[] {
    return this.student.trained.map(({ theta }) => theta);
  }

  private record(): void {
    const { recipe, step } = this;
    writeStepState(this.ctx, this.state.step, { seed: recipe.seed, step, ratio: 1, rate: rateOfStep(recipe, step) });
    this.dispatch();
    this.step++;
  }

  private dispatch(): void {
    const { recipe, step, dense, student, state } = this;
    const ids = batchOf(this.text.training, recipe.tokens, recipe.seed, step);
    recoverStep(this.ctx, { dense, student, state }, { recipe, ids });
  }

  private async measure({ onGuard }: Pick<RecoverOptions, "onGuard">): Promise<void> {
    const { ctx, step, student, text } = this;
    const value = await this.guardPerplexity(student.model);
    this.guard = guarded(this.guard, step, value, text.guard.length);
    if (step > 0 && this.guard.bestStep === step) keepBest(ctx, student.trained, this.state);
    onGuard?.(this.guard);
  }

  private async report(): Promise<RecoverReport> {
    const { step, reported } = this;
    this.reported = step;
    const rows = new Float32Array(await this.tap.read(this.state.ring.buffer));
    const losses = Float32Array.from({ length: step - reported }, (_, i) => {
      const loss = rows[((reported + i) % RING_SLOTS) * METRICS] ?? NaN;
      if (!Number.isFinite(loss)) throw notFinite(reported + i);
      return loss;
    });
    return { losses, step };
  }
}

const notFinite = (step: number): EngineError =>
  new EngineError(
    "not-finite",
    `The KL loss of step ${step} is not a finite number, so the recovery was stopped. Start it again with a lower learning rate.`,
    { step },
  );
