// A ring of metrics on the GPU: every step writes its slot, the CPU reads the whole ring at most a few times a second.
import state from "../../../shaders/lib/step_state.wgsl?raw";
import wgsl from "../../../shaders/metrics.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import type { Tensor } from "../tensor.ts";

const RECORD: KernelSpec = { label: "metrics", code: [state, wgsl].join("\n"), entry: "record" };

/** Numbers of one step in the ring: loss, R, kept weights, p. */
export const METRICS = 4;

/** ring: (slots, 4). Writes the slot of the step that `stepState` names. */
export function recordMetrics(
  ctx: Ctx,
  loss: Tensor,
  penalty: Tensor,
  kept: Tensor,
  stepState: Tensor,
  ring: Tensor,
): void {
  ctx.run(RECORD, [loss, penalty, kept, stepState, ring], { slots: ring.shape[0] ?? 1 }, [1]);
}
