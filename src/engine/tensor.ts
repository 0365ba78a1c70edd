// A tensor: shape, element type and a range of a GPU buffer. A handle that owns nothing.
import { BLOCK_DTYPES, type MatrixDtype } from "./dtype.ts";
import { blockTypeNamed } from "./formats/gguf/types.ts";
import { BINDING_ALIGNMENT_BYTES, type GpuBuffer } from "./gpu/buffers.ts";
import type { Binding } from "./gpu/pastDispatches.ts";
import { invariant } from "./errors.ts";

export type { Precision } from "./dtype.ts";
/** Element types on the GPU. Only frozen matrices are f16 or in blocks. */
export type DType = MatrixDtype | "u32" | "i32";

export interface Tensor {
  readonly label: string;
  readonly buffer: GpuBuffer;
  /** First element within the buffer. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Whether backward needs its gradient: a trained parameter, or anything computed from one. */
  readonly requiresGrad: boolean;
  /** The tensor that this is a view of. The view's gradient is the same slice of the base's gradient. */
  readonly base?: Tensor;
  /** Set if its only value is 1: a gradient to start from, by which nothing needs to be multiplied. */
  readonly isOne?: true;
}

/** Bytes of one element of every dtype except those that only weights have. */
export const ELEMENT_BYTES = 4;
const SIZES: ReadonlyMap<DType, number> = new Map<DType, number>([
  ["f16", 2],
  ...BLOCK_DTYPES.map((dtype): [DType, number] => {
    const { bytes, values } = blockTypeNamed(dtype);
    return [dtype, bytes / values];
  }),
]);
/** Bytes per element: a fraction for types with blocks, exact for whole blocks. */
export const elementBytes = (dtype: DType): number => SIZES.get(dtype) ?? ELEMENT_BYTES;
const inWords = (bytes: number): number => Math.ceil(bytes / ELEMENT_BYTES) * ELEMENT_BYTES;
/** Size in bytes of a tensor of this shape, padded to whole u32s. */
export const bytesOfShape = (shape: readonly number[], dtype: DType): number =>
  inWords(sizeOf(shape) * elementBytes(dtype));

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
export const elements = (tensor: Tensor): number => sizeOf(tensor.shape);

/** Rows and columns of a tensor as a matrix whose columns are the last axis. */
export function matrixOf(tensor: Tensor): { rows: number; cols: number } {
  const cols = tensor.shape.at(-1) ?? 1;
  return { rows: elements(tensor) / cols, cols };
}

/** The range that kernels see, rounded up to whole vec4s. The rest is padding, since buffers and views start on 256 bytes. */
export function bindingOf(tensor: Tensor): Binding {
  const bytes = elementBytes(tensor.dtype);
  const size = inWords(Math.ceil(elements(tensor) / 4) * 4 * bytes);
  return { buffer: tensor.buffer, offset: tensor.offset * bytes, bytes: size };
}

/** Views of f32 tensors start at a multiple of this many elements. */
export const VIEW_ALIGNMENT = BINDING_ALIGNMENT_BYTES / ELEMENT_BYTES;

/** A view of `shape` that starts `start` elements after the start of `base`, at a multiple of 256 bytes. */
export function view(base: Tensor, start: number, shape: readonly number[], label = base.label): Tensor {
  const offset = base.offset + start;
  invariant(
    (offset * elementBytes(base.dtype)) % BINDING_ALIGNMENT_BYTES === 0 && start + sizeOf(shape) <= elements(base),
    "bug",
    () =>
      `${label}: expected a view that starts on ${BINDING_ALIGNMENT_BYTES} bytes and ends inside its base, got start ${start} and shape ${shape.join("x")}`,
  );
  return {
    label,
    buffer: base.buffer,
    offset,
    shape,
    dtype: base.dtype,
    requiresGrad: base.requiresGrad,
    base: base.base ?? base,
  };
}

/** The same elements in another shape. Throws "shape" for another number of them. */
export function reshape(tensor: Tensor, shape: readonly number[]): Tensor {
  invariant(
    sizeOf(shape) === elements(tensor),
    "shape",
    `${tensor.label}: expected a shape of ${elements(tensor)} elements, got ${shape.join("x")}`,
  );
  return { ...tensor, shape };
}

/** Throws EngineError("shape") unless the tensor has this shape. `what` names it in the error. */
export function checkShape(tensor: Tensor, shape: readonly number[], what: string): void {
  const same = tensor.shape.length === shape.length && shape.every((n, i) => tensor.shape[i] === n);
  invariant(
    same,
    "shape",
    () => `${what}: expected shape ${shape.join("x")}, got ${tensor.shape.join("x")} (${tensor.label})`,
  );
}
