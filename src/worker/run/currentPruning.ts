// The current pruning: a run's architecture at the target ratio, masks of a saved run, or single weights, whichever was made or restored last.
import { invariant, type Model, NOT_PRUNED, type Run, sharingOf, unflatten } from "../../engine/index.ts";
import type { Replies, RunArchitecture, WorkerEvent } from "../protocol.ts";
import type { EncodedText } from "../storage/texts.ts";
import type { ModelOnDevice } from "./modelOnDevice.ts";
import type { Perplexities } from "../measure/perplexities.ts";
import {
  type GateLogits,
  type Pruned,
  prunedAt,
  type PrunedByGates,
  type PrunedByWeights,
  trainedRatioOf,
  unrecovered,
} from "./pruned.ts";
import { loadPruned } from "./prunedModel.ts";
import type { OtherRatios } from "../measure/otherRatios.ts";
import { restoreRun } from "./runRecords.ts";

export class CurrentPruning {
  /** The target: kept share of the block weights. */
  ratio = 0.5;
  private logits: GateLogits | undefined;
  private current: Pruned | undefined;

  constructor(
    private readonly onDevice: ModelOnDevice,
    private readonly perplexities: Perplexities,
    private readonly send: (event: WorkerEvent) => void,
  ) {}

  get pruned(): Pruned | undefined {
    return this.current;
  }

  /** Throws "config" if nothing is pruned. */
  required(): Pruned {
    invariant(this.current, "config", "There is no pruned model yet: train for at least one step, or prune weights.");
    return this.current;
  }

  /** Throws what `required` throws, and "unsupported" for SparseGPT if its model is not on the GPU any more. */
  model(): Promise<Model> {
    return this.modelOf(false);
  }

  /** The same with weights of its own, also where `Ctx.compact` has no room for them. */
  compact(): Promise<Model> {
    return this.modelOf(true);
  }

  private modelOf(compact: boolean): Promise<Model> {
    return this.onDevice.pruned.of(this.onDevice.context(), this.onDevice.opened().model, this.required(), compact);
  }

  /** Makes a run's architecture the current pruning and sends it to the page. */
  setLogits(logits: GateLogits): void {
    this.logits = logits;
    const architecture = this.makeArchitecture();
    if (architecture) this.send({ type: "architecture", architecture });
  }

  /** Whether the run's architecture is the current pruning. */
  private get isOfRun(): boolean {
    // Of a recovered one, what was pruned before counts: moving the target leaves the recovered weights.
    const pruned = this.current && unrecovered(this.current);
    return pruned?.kind === "gates" && pruned.architecture.run === this.logits?.run;
  }

  /**
   * Moves the target: of the next step while training, and of the run's architecture. Null while there are no gate logits, if the device is
   * lost meanwhile, and while single weights or a saved run are the current pruning, which stays unless `show` is given.
   */
  async moveTarget(ratio: number, show = false): Promise<RunArchitecture | null> {
    this.ratio = ratio;
    const { run } = this.onDevice.opened();
    const { session } = run;
    if (session) session.ratio = ratio;
    if (this.current && !this.isOfRun && !show) return null;
    const made = this.logits && (await run.logitsAt(this.logits, ratio));
    // The run may have reported newer ones meanwhile, or may have been reset.
    if (made && made.run === this.logits?.run && made.step >= this.logits.step) this.logits = made;
    // Something else may have become the current pruning meanwhile.
    if (!this.onDevice.isOpen || (this.current && !this.isOfRun && !show)) return null;
    return this.makeArchitecture();
  }

  /** The gate logits of the run's architecture; null while something else is the current pruning. */
  gateLogits(): Replies["gateLogits"] {
    if (!this.logits || !this.isOfRun) return null;
    const { values, recipe, run, step } = this.logits;
    const { layout } = this.onDevice.opened();
    const { shown } = sharingOf(recipe, layout);
    const vectors = unflatten(layout, values).map((vector, i) => (shown[i] === NOT_PRUNED ? null : vector.slice()));
    return { of: { run, step, ratio: this.ratio }, vectors };
  }

  /** The run at the ratio that it was trained for, or at the target if that was every ratio. Throws "config" if there is no run. */
  trained(): PrunedByGates {
    const { layout, budget } = this.onDevice.opened();
    const { logits } = this;
    invariant(logits, "config", "There is no run to save: train for at least one step.");
    return prunedAt(logits, layout, budget, trainedRatioOf(logits) ?? this.ratio);
  }

  /** Makes single weights the current pruning. model: theirs, which is kept on the GPU. */
  setWeights(pruned: PrunedByWeights, model: Model): Replies["pruneWeights"] {
    this.onDevice.pruned.set(pruned.masks, model);
    this.current = pruned;
    return pruned.facts;
  }

  /** Makes a saved run the current pruning. Throws what `restoreRun` throws. */
  restore(run: Run): Replies["restore"] {
    return this.replace(restoreRun(run, this.onDevice.opened().model));
  }

  /** Makes a recovered model the current pruning, or what was pruned before its recovery. */
  replace(pruned: Pruned): Replies["restore"] {
    this.current = pruned;
    return pruned.kind === "gates" ? { architecture: pruned.architecture } : { weights: pruned.facts };
  }

  /** Drops what is pruned, but not the gate logits of a run. */
  showDense(): null {
    this.current = undefined;
    this.onDevice.pruned.free();
    return null;
  }

  forget(): void {
    this.logits = undefined;
    this.current = undefined;
  }

  /**
   * Runs `use` on the model of some masks. While other single weights are the current pruning it makes a second model, because theirs may
   * be one that cannot be made again. compact: see `loadPruned`, and throws what that throws.
   */
  async withModel<T>(pruned: Pruned, use: (model: Model) => Promise<T>, compact = false): Promise<T> {
    const [ctx, { model: opened }] = [this.onDevice.context(), this.onDevice.opened()];
    if (this.current?.kind !== "weights" || this.current.masks === pruned.masks)
      return use(await this.onDevice.pruned.of(ctx, opened, pruned, compact));
    const model = await loadPruned(ctx, opened, pruned, compact);
    try {
      return await use(model);
    } finally {
      model.free();
    }
  }

  /** The run, for measuring it at other ratios. Throws "config" if there is none. */
  otherRatios(text: EncodedText): OtherRatios {
    const { model: opened, run } = this.onDevice.opened();
    const { logits, perplexities } = this;
    invariant(logits, "config", "There is no run to measure at other ratios: train for at least one step.");
    const makeRoom = (): void => {
      // The model of SparseGPT could not be made again.
      if (this.current?.kind === "gates") this.onDevice.pruned.free();
    };
    return { ctx: this.onDevice.context(), opened, run, logits, perplexities, text, makeRoom };
  }

  /** Makes the architecture of the logits at the target the current pruning. */
  private makeArchitecture(): RunArchitecture | null {
    const { layout, budget } = this.onDevice.opened();
    if (!this.logits) return null;
    const pruned = prunedAt(this.logits, layout, budget, this.ratio);
    this.current = pruned;
    return pruned.architecture;
  }
}
