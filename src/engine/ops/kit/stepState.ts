// The small buffer of what changes from step to step (seed, step, target): the CPU rewrites it before each step, kernels read it.
import wgsl from "../../../../shaders/lib/step_state.wgsl?raw";
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import { ELEMENT_BYTES, type Tensor } from "../../tensor.ts";

export interface StepValues {
  /** Of the run; with `step`, draw, vector and index it makes the noise (rng.ts). u32. */
  seed: number;
  /** Training steps done before this one: 0 at the first. AdamW's t is step + 1. u32. */
  step: number;
  /** p: the share of the block weights to keep, in (0, 1]. */
  ratio: number;
}

/** Names and types in the order of the WGSL struct, which is their one home. */
const FIELDS = [...wgsl.matchAll(/^\s*(\w+)\s*:\s*(u32|f32)\s*,/gm)].map(([, name, type]) => ({ name, type }));

/** The bytes of the struct. Throws EngineError("bug") for a value that a field cannot hold. */
export function packStepState(values: StepValues): Uint32Array<ArrayBuffer> {
  const data = new DataView(new ArrayBuffer(FIELDS.length * ELEMENT_BYTES));
  const given = new Map<string, number>(Object.entries(values));
  FIELDS.forEach(({ name = "", type }, i) => {
    const value = given.get(name);
    const fits = type === "f32" ? Number.isFinite(value) : value !== undefined && value >>> 0 === value;
    invariant(fits && value !== undefined, "bug", `step state: ${name} must be a ${type ?? ""}, not ${String(value)}`);
    if (type === "f32") data.setFloat32(i * ELEMENT_BYTES, value, true);
    else data.setUint32(i * ELEMENT_BYTES, value, true);
  });
  return new Uint32Array(data.buffer);
}

/** A step state that outlives steps. */
export function stepState(ctx: Ctx, values: StepValues): Tensor {
  const data = packStepState(values);
  return ctx.persistent("step state", [data.length], { dtype: "u32", data });
}

/** Sets the values of the step that is recorded next. */
export function writeStepState(ctx: Ctx, state: Tensor, values: StepValues): void {
  ctx.write(state, packStepState(values));
}
