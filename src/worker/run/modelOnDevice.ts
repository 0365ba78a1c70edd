// What is on the GPU: the device, the open model with its run, and the pruned model beside it; and what a loss of the device leaves.
import {
  budgetOf,
  type Budget,
  Ctx,
  type EngineError,
  type GateLayout,
  gateLayout,
  Gpu,
  invariant,
  type OpenedModel,
  tuneMatmul,
} from "../../engine/index.ts";
import { PrunedModel } from "./prunedModel.ts";
import type { TrainingRun } from "./trainingRun.ts";

export interface Open {
  model: OpenedModel;
  layout: GateLayout;
  budget: Budget;
  running: TrainingRun;
}

export class ModelOnDevice {
  readonly pruned = new PrunedModel();
  private ctx: Ctx | undefined;
  private open: Open | undefined;
  /** Fingerprint of the model that was open when the device was lost. */
  private lostModel: string | undefined;

  constructor(private readonly onLost: (error: EngineError) => void) {}

  /** A device that works: the one at hand, or a new one after the old one was lost. */
  async device(): Promise<Ctx> {
    if (this.ctx) return this.ctx;
    const gpu = await Gpu.open();
    const ctx = new Ctx(gpu);
    await gpu.checked("the first kernels", () => tuneMatmul(ctx));
    this.ctx = ctx;
    void gpu.lost.then((error) => {
      if (this.ctx !== ctx) return;
      this.lostModel = this.open?.model.fingerprint;
      this.ctx = undefined;
      this.open = undefined;
      this.pruned.forget();
      this.onLost(error);
    });
    return ctx;
  }

  /** Throws "no-webgpu" where no device is open. */
  context(): Ctx {
    invariant(this.ctx, "no-webgpu", "no GPU device is open; open a model first");
    return this.ctx;
  }

  get isOpen(): boolean {
    return this.open !== undefined;
  }

  opened(): Open {
    invariant(this.open, "bug", "no model is open");
    return this.open;
  }

  /** Puts a loaded model in the place of the one that was open. True where it is the one whose device was lost. */
  async replace(model: OpenedModel, running: TrainingRun): Promise<boolean> {
    await this.close();
    this.open = { model, layout: gateLayout(model.config), budget: budgetOf(model.config), running };
    const again = this.lostModel === model.fingerprint;
    this.lostModel = undefined;
    return again;
  }

  private async close(): Promise<void> {
    if (!this.open) return;
    await this.open.running.pause();
    this.open.running.drop();
    this.pruned.free();
    this.open.model.model.free();
    this.context().freeStep();
    this.open = undefined;
  }
}
