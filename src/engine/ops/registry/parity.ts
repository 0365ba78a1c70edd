// Compares kernels with their references, and the references' backward with finite differences. Used by tests and by the self-check.
import type { Ctx } from "../../ctx.ts";
import { EngineError, invariant } from "../../errors.ts";
import { Tape } from "../../tape.ts";
import type { DType, Tensor } from "../../tensor.ts";
import { type BlockDtype, isBlockDtype, packedHalves } from "../../dtype.ts";
import { gpuBlocks } from "../../formats/gguf/gpuBlocks.ts";
import { gradientArithmetic } from "../arithmetic.ts";
import { at, type OpCase, type OpRef, randomRef, type RefTensor } from "../kit/ref.ts";
import { TOLERANCE } from "../kit/tolerance.ts";

/** The result of one comparison. */
export interface Check {
  name: string;
  ok: boolean;
  /** Largest difference over the largest absolute value of the expected tensor. */
  worst: number;
  /** Largest `worst` that is ok. */
  limit: number;
  /** True where the adapter refused a kernel; `name` is the reason. */
  refused?: boolean;
}

/** An op with its cases. The type of its parameters is hidden, so that one list can contain all ops. */
export interface CheckedOp {
  /** The reference's: the op's stem, and perhaps a colon and a variant. */
  readonly name: string;
  readonly cases: readonly string[];
  /** Whether there is a backward that is a derivative: false for gradient estimators and ops without backward. */
  readonly differentiable: boolean;
  finiteDifferences(caseName: string): Check[];
  parity(ctx: Ctx, caseName: string): Promise<Check[]>;
  /** Runs the launcher on other inputs and parameters of the kinds that the reference takes, to time it. */
  launch(ctx: Ctx, inputs: Tensor[], params: unknown): Tensor[];
}

const FD_STEP = 1e-4;
const FD_LIMIT = 1e-5;
/** Entries per input that finite differences probe; the others are computed by the same loops. */
const FD_PROBES = 24;

/** Pairs a reference with its launcher. */
export function checkedOp<P>(ref: OpRef<P>, run: (ctx: Ctx, inputs: Tensor[], params: P) => Tensor[]): CheckedOp {
  const caseOf = (name: string): OpCase<P> => {
    const found = ref.cases.find((one) => one.name === name);
    if (!found) throw new EngineError("bug", `${ref.name}: expected the name of a case, got "${name}"`);
    return found;
  };
  return {
    name: ref.name,
    cases: ref.cases.map((one) => one.name),
    differentiable: ref.backward !== undefined && !ref.estimator,
    finiteDifferences: (name) => finiteDifferences(ref, caseOf(name)),
    parity: (ctx, name) => parity(ref, caseOf(name), ctx, run),
    launch: (ctx, inputs, params) => run(ctx, inputs, params as P),
  };
}

/** Input i of a case, which its reference must have made. */
export function take(inputs: readonly Tensor[], i: number): Tensor {
  const tensor = inputs[i];
  invariant(tensor, "bug", `op case: expected an input ${i}, got ${inputs.length} inputs`);
  return tensor;
}

function finiteDifferences<P>(ref: OpRef<P>, { inputs: make, params }: OpCase<P>): Check[] {
  const inputs = make();
  const outputs = ref.forward(inputs, params);
  const dOut = outputs.map((out, i) => randomRef(90 + i, out.shape));
  const gradients = ref.backward?.(inputs, params, dOut) ?? [];
  const objective = (): number =>
    ref
      .forward(inputs, params)
      .reduce(
        (sum, out, k) => out.data.reduce((inner, value, i) => inner + value * at(dOut[k]?.data ?? out.data, i), sum),
        0,
      );
  return gradients.flatMap((gradient, k) => {
    const input = inputs[k];
    if (!gradient || !input) return [];
    const scale = gradient.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    const stride = Math.max(1, Math.floor(input.data.length / FD_PROBES));
    let worst = 0;
    for (let i = 0; i < input.data.length; i += stride) {
      const value = at(input.data, i);
      const step = FD_STEP * Math.max(1, Math.abs(value));
      const shifted = (by: number): number => {
        input.data[i] = value + by * step;
        return objective();
      };
      // five-point stencil: error of order step^4
      const slope = (8 * (shifted(1) - shifted(-1)) - (shifted(2) - shifted(-2))) / (12 * step);
      input.data[i] = value;
      worst = Math.max(worst, Math.abs(slope - at(gradient.data, i)) / scale);
    }
    return [check(`d input ${k}`, worst, FD_LIMIT)];
  });
}

async function parity<P>(
  ref: OpRef<P>,
  { inputs: make, params }: OpCase<P>,
  ctx: Ctx,
  run: (ctx: Ctx, inputs: Tensor[], params: P) => Tensor[],
): Promise<Check[]> {
  const limit = ref.tolerance ?? TOLERANCE;
  const inputs = make();
  const expected = ref.forward(inputs, params);
  const dOut = expected.map((out, i) => randomRef(90 + i, out.shape));
  const gradients = ref.backward?.(inputs, params, dOut) ?? inputs.map(() => null);
  const differentiable = gradients.some((gradient) => gradient !== null);
  const tensors = inputs.map((input, k) => persistentOf(ctx, `input ${k}`, input, gradients[k] !== null));
  const seeds = dOut.map((seed, k) => persistentOf(ctx, `dOut ${k}`, seed, false));

  const found = await ctx.gpu.checked(ref.name, () =>
    ctx.step(() => {
      const tape = differentiable ? new Tape(gradientArithmetic(ctx)) : undefined;
      ctx.tape = tape;
      const outputs = run(ctx, tensors, params);
      tape?.backward(outputs.flatMap((out, k) => (seeds[k] ? [[out, seeds[k]] as const] : [])));
      return { outputs, gradients: tensors.map((tensor) => tape?.gradients.of(tensor)) };
    }),
  );
  const checks: Check[] = [];
  for (const [k, out] of found.outputs.entries()) {
    checks.push(await compare(ctx, `output ${k}`, [out, expected[k]], limit));
  }
  for (const [k, gradient] of gradients.entries()) {
    if (gradient) checks.push(await compare(ctx, `d input ${k}`, [found.gradients[k], gradient], limit));
  }
  ctx.free(...tensors, ...seeds);
  return checks;
}

function persistentOf(
  ctx: Ctx,
  label: string,
  { shape, data, dtype = "f32", stored }: RefTensor,
  requiresGrad: boolean,
): Tensor {
  const contents = isBlockDtype(dtype) ? gpuBlocks(dtype, stored ?? new Uint8Array(), label) : typed(data, dtype);
  return ctx.persistent(label, shape, { dtype, data: contents, requiresGrad });
}

function typed(data: Float64Array, dtype: Exclude<DType, BlockDtype>): ArrayBufferView {
  switch (dtype) {
    case "f32":
      return Float32Array.from(data);
    case "f16":
      return packedHalves(Float32Array.from(data));
    case "u32":
      return Uint32Array.from(data);
    case "i32":
      return Int32Array.from(data);
  }
}

async function compare(
  ctx: Ctx,
  name: string,
  [tensor, expected]: readonly [Tensor | undefined, RefTensor | undefined],
  limit: number,
): Promise<Check> {
  if (!tensor || !expected) return { name: `${name} is missing`, ok: false, worst: Number.NaN, limit };
  const values = tensor.dtype === "f32" ? await ctx.read(tensor) : await ctx.readU32(tensor);
  return check(name, worstDifference(values, expected.data), limit);
}

/** Largest difference over the largest absolute expected value. NaN if the lengths differ or a value is not finite. */
export function worstDifference(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (values.length !== expected.length) return Number.NaN;
  let largest = 0;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((values[i] ?? Number.NaN) - (expected[i] ?? Number.NaN));
    if (Number.isNaN(difference)) return Number.NaN;
    worst = Math.max(worst, difference);
    largest = Math.max(largest, Math.abs(expected[i] ?? 0));
  }
  return worst === 0 ? 0 : worst / Math.max(largest, 1e-30);
}

/** A check is ok only if `worst` is a number within the limit. */
export const check = (name: string, worst: number, limit: number): Check => ({
  name,
  ok: worst <= limit,
  worst,
  limit,
});
