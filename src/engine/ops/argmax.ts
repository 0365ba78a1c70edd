// The index of the largest value: the next token of greedy decoding, which stays on the GPU.
import wgsl from "../../../shaders/argmax.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { elements, type Tensor } from "../tensor.ts";
import { kernelOf } from "./kit/launch.ts";

const ARGMAX = kernelOf("argmax", "argmax", [wgsl]);

interface ArgmaxTargets {
  /** u32 (1): the index. */
  index: Tensor;
  /** f32 (n): gets the index at `slot`. */
  history: Tensor;
  slot: number;
}

/** Writes the index of the largest of x, V values in any shape. Of equal values the first counts. Not differentiable. */
export function argmaxInto(ctx: Ctx, x: Tensor, { index, history, slot }: ArgmaxTargets): void {
  ctx.run(ARGMAX, [x, index, history], { count: elements(x), slot }, [1]);
}
