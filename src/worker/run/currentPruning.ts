// What "pruned" means now: the architecture of a run at the target ratio, or single weights; whichever was made or brought back last.
import { invariant, type Model, type Run } from "../../engine/index.ts";
import { restoreRun } from "./runRecords.ts";
import type { Perplexities } from "./perplexities.ts";
import type { ModelOnDevice } from "./modelOnDevice.ts";
import type { OtherRatios } from "./ratioCurve.ts";
import type { ShownArchitecture, Replies, WorkerEvent } from "../protocol.ts";
import { type Logits, loadPruned, type Pruned, prunedAt, type PrunedByWeights } from "./prunedModel.ts";
import type { EncodedText } from "../storage/texts.ts";

export class CurrentPruning {
  /** Target: kept share of the block weights. */
  ratio = 0.5;
  private logits: Logits | undefined;
  private current: Pruned | undefined;

  constructor(
    private readonly held: ModelOnDevice,
    private readonly measuring: Perplexities,
    private readonly send: (event: WorkerEvent) => void,
  ) {}

  get now(): Pruned | undefined {
    return this.current;
  }

  /** Throws "config" where nothing is pruned. */
  some(): Pruned {
    invariant(this.current, "config", "There is no pruned model yet: train for at least one step, or prune weights.");
    return this.current;
  }

  /** Throws what `some` throws, and where single weights were changed and are gone "unsupported". */
  model(): Promise<Model> {
    return this.held.pruned.of(this.held.context(), this.held.opened().model, this.some());
  }

  /** The run told logits: its architecture is what "pruned" means, and the page is shown it. */
  told(logits: Logits): void {
    this.logits = logits;
    this.show();
  }

  /** Moves the target: of the next step while training, of the masks at once where there are logits. */
  async target(ratio: number): Promise<ShownArchitecture | null> {
    this.ratio = ratio;
    const { running } = this.held.opened();
    const { session } = running;
    if (session) session.ratio = ratio;
    const made = this.logits && (await running.logitsAt(this.logits, ratio));
    // A report, a reset or another run may have come meanwhile.
    if (made && made.run === this.logits?.run && made.step >= this.logits.step) this.logits = made;
    return this.held.isOpen ? this.show() : null;
  }

  weights(pruned: PrunedByWeights, model: Model): Replies["pruneWeights"] {
    this.held.pruned.hold(pruned.masks, model);
    this.current = pruned;
    return pruned.told;
  }

  /** Throws what `restored` throws. */
  restore(run: Run): Replies["restore"] {
    const pruned = restoreRun(run, this.held.opened().model);
    this.current = pruned;
    return pruned.kind === "gates" ? { architecture: pruned.architecture } : { weights: pruned.told };
  }

  forget(): void {
    this.logits = undefined;
    this.current = undefined;
  }

  /**
   * Runs `use` on the model of some masks: the one that is held, or one aside while single weights are, for their model may be one that
   * cannot be made again. Throws what `modelOf` throws.
   */
  async lend<T>(pruned: Pruned, use: (model: Model) => Promise<T>): Promise<T> {
    const [ctx, { model: opened }] = [this.held.context(), this.held.opened()];
    if (this.current?.kind !== "weights" || this.current.masks === pruned.masks)
      return use(await this.held.pruned.of(ctx, opened, pruned));
    const model = await loadPruned(ctx, opened, pruned);
    try {
      return await use(model);
    } finally {
      model.free();
    }
  }

  /** The run, to be asked for other ratios. Throws "config" where there is none. */
  aside(text: EncodedText): OtherRatios {
    const { model: opened, running } = this.held.opened();
    const { logits, measuring } = this;
    invariant(logits, "config", "There is no run to ask for other ratios: train for at least one step.");
    const makeRoom = (): void => {
      // Weights that SparseGPT changed could not be made again.
      if (this.current?.kind === "gates") this.held.pruned.free();
    };
    return { ctx: this.held.context(), opened, running, logits, measuring, text, makeRoom };
  }

  private show(): ShownArchitecture | null {
    const { layout, budget } = this.held.opened();
    if (!this.logits) return null;
    const pruned = prunedAt(this.logits, layout, budget, this.ratio);
    this.current = pruned;
    const { architecture } = pruned;
    this.send({ type: "architecture", architecture });
    return architecture;
  }
}
