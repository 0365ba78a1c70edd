// What is on the GPU: the device, the open model with its run, and the pruned model; and what remains when the device is lost.
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
} from "../../engine/index.ts";
import { PrunedModel } from "./prunedModel.ts";
import type { TrainingRun } from "./trainingRun.ts";

/** The open model and its run. */
export interface ModelWithRun {
  model: OpenedModel;
  layout: GateLayout;
  budget: Budget;
  run: TrainingRun;
}

export class ModelOnDevice {
  readonly pruned = new PrunedModel();
  private ctx: Ctx | undefined;
  private open: ModelWithRun | undefined;
  /** Identity of the model that was open when the device was lost. */
  private lostModel: string | undefined;
  /** Set from the loss of a device until the next one is open. */
  private loss: EngineError | undefined;

  constructor(private readonly onLost: (error: EngineError) => void) {}

  /** A working device: the present one, or a new one if that was lost. */
  async device(): Promise<Ctx> {
    if (this.ctx) return this.ctx;
    const gpu = await Gpu.open();
    const ctx = new Ctx(gpu);
    this.ctx = ctx;
    this.loss = undefined;
    void gpu.lost.then((error) => {
      if (this.ctx !== ctx) return;
      this.lostModel = this.open?.model.identity;
      this.ctx = undefined;
      this.open = undefined;
      this.loss = error;
      this.pruned.forget();
      this.onLost(error);
    });
    return ctx;
  }

  /** What an error of a command means: the loss of the device, where that explains it. */
  async explain(error: EngineError): Promise<EngineError> {
    if (error.code !== "bug" && error.code !== "shader") return error;
    return this.loss ?? (await this.ctx?.gpu.lossOr(error)) ?? error;
  }

  /** Throws "device-lost" if the device is lost, "no-webgpu" if none is open. */
  context(): Ctx {
    if (this.loss) throw this.loss;
    invariant(this.ctx, "no-webgpu", "no GPU device is open; open a model first");
    return this.ctx;
  }

  get isOpen(): boolean {
    return this.open !== undefined;
  }

  /** Throws "device-lost" if the model's device is lost, "bug" if no model is open. */
  opened(): ModelWithRun {
    if (this.loss) throw this.loss;
    invariant(this.open, "bug", "no model is open");
    return this.open;
  }

  /** Closes the open model and puts another one in its place. Returns true if that is the model whose device was lost. */
  async replace(model: OpenedModel, run: TrainingRun): Promise<boolean> {
    await this.close();
    this.open = { model, layout: gateLayout(model.config), budget: budgetOf(model.config), run };
    const again = this.lostModel === model.identity;
    this.lostModel = undefined;
    return again;
  }

  private async close(): Promise<void> {
    if (!this.open) return;
    await this.open.run.pause();
    this.open.run.freeSessions();
    this.pruned.free();
    this.open.model.model.free();
    this.context().freeStep();
    this.open = undefined;
  }
}
