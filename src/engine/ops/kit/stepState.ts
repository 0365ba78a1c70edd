// The small buffer of values that change from step to step (seed, step, ratio, rate). The CPU rewrites it before each step.
import wgsl from "../../../../shaders/lib/step_state.wgsl?raw";
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import { ELEMENT_BYTES, type Tensor } from "../../tensor.ts";

export interface StepValues {
  /** Of the run; selects the noise, together with `step` (rng.ts). u32. */
  seed: number;
  /** Training steps before this one, so 0 for the first. AdamW's t is step + 1. u32. */
  step: number;
  /** p in (0, 1]: the share of the block weights to keep. f32. */
  ratio: number;
  /** What the schedule multiplies the learning rate by. Default: 1. f32. */
  rate?: number;
}

/** Names and types of the fields, in order, read from the WGSL struct. */
const FIELDS = [...wgsl.matchAll(/^\s*(\w+)\s*:\s*(u32|f32)\s*,/gm)].map(([, name, type]) => ({ name, type }));

/** The struct as u32 words. Throws EngineError("bug") for a value that a field cannot represent. */
export function packStepState(values: StepValues): Uint32Array<ArrayBuffer> {
  const data = new DataView(new ArrayBuffer(FIELDS.length * ELEMENT_BYTES));
  const given = new Map<string, number | undefined>(Object.entries({ rate: 1, ...values }));
  FIELDS.forEach(({ name = "", type }, i) => {
    const value = given.get(name);
    const fits = type === "f32" ? Number.isFinite(value) : value !== undefined && value >>> 0 === value;
    invariant(
      fits && value !== undefined,
      "bug",
      `step state: ${name}: expected a ${type ?? ""}, got ${String(value)}`,
    );
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

/** Sets the values for the step that is recorded next. */
export function writeStepState(ctx: Ctx, state: Tensor, values: StepValues): void {
  ctx.write(state, packStepState(values));
}
