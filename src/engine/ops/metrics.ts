// A ring of metrics on the GPU: every step writes its slot, and the CPU reads the ring at most a few times per second.
import state from "../../../shaders/lib/step_state.wgsl?raw";
import wgsl from "../../../shaders/metrics.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { Tensor } from "../tensor.ts";
import { kernelOf } from "./kit/launch.ts";

const RECORD = kernelOf("metrics", "record", [state, wgsl]);

/** Numbers per step in the ring: loss, R, kept weights, ratio. */
export const METRICS = 4;

interface MetricTensors {
  /** (1). */
  loss: Tensor;
  /** (1): R. */
  penalty: Tensor;
  /** (1): kept weights. */
  kept: Tensor;
  /** Its `step` selects the slot, and its `ratio` is recorded. */
  stepState: Tensor;
  /** (slots, METRICS). */
  ring: Tensor;
}

/** Writes the numbers of a step to slot step % slots of the ring. Not differentiable. */
export function recordMetrics(ctx: Ctx, { loss, penalty, kept, stepState, ring }: MetricTensors): void {
  ctx.run(RECORD, [loss, penalty, kept, stepState, ring], { slots: ring.shape[0] ?? 1 }, [1]);
}
