// The values of several f32 tensors as one array, as checkpoints store them.
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import { elements, type Tensor, view } from "../../tensor.ts";

/** Number of values of tensors together. */
export const lengthOf = (tensors: readonly Tensor[]): number =>
  tensors.reduce((sum, tensor) => sum + elements(tensor), 0);

/** Values that are read back at a time: the GPU copies them first, and no plan counts that copy. */
const READ_AT_ONCE = 2 ** 22;

/** The values of tensors, one after the other. Call it between steps; no step may change them before it resolves. */
export async function flatValues(ctx: Ctx, tensors: readonly Tensor[]): Promise<Float32Array<ArrayBuffer>> {
  const all = new Float32Array(lengthOf(tensors));
  let at = 0;
  for (const tensor of tensors) {
    const count = elements(tensor);
    for (let start = 0; start < count; start += READ_AT_ONCE) {
      const part = await ctx.read(view(tensor, start, [Math.min(READ_AT_ONCE, count - start)]));
      all.set(part, at);
      at += part.length;
    }
  }
  return all;
}

/** Writes what `flatValues` reads. Throws "format", with `advice`, for another number of values. */
export function writeFlat(
  ctx: Ctx,
  tensors: readonly Tensor[],
  values: Float32Array<ArrayBuffer>,
  advice: string,
): void {
  const of = lengthOf(tensors);
  invariant(values.length === of, "format", `checkpoint: expected ${of} values, got ${values.length}. ${advice}`);
  let at = 0;
  for (const tensor of tensors) {
    ctx.write(tensor, values.subarray(at, at + elements(tensor)));
    at += elements(tensor);
  }
}
