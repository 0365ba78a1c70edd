// The gradients of a backward pass, by tensor. A view's gradient is a slice of its base's gradient.
import { invariant } from "./errors.ts";
import type { GpuBuffer } from "./gpu/buffers.ts";
import { elements, type Tensor, view } from "./tensor.ts";

/** Rows of gradients by blocks start at a multiple of this many elements, so that kernels can read them as vec4s. */
const PARTS_ALIGNMENT = 4;

/** The arithmetic that gradients need, passed in so that they do not depend on kernels. */
export interface GradientArithmetic {
  /** A tensor of this step with undefined values. */
  empty(shape: readonly number[], label: string): Tensor;
  zero(tensor: Tensor): void;
  /** target = source. */
  copyInto(target: Tensor, source: Tensor): void;
  /** a + b, in a new tensor. */
  add(a: Tensor, b: Tensor): Tensor;
  /** target += source. */
  addInto(target: Tensor, source: Tensor): void;
  /** The sum of the rows of (P, N), plus `more` (N) if given, in a new tensor of `shape`. */
  sumParts(parts: Tensor, more: Tensor | undefined, shape: readonly number[]): Tensor;
}

/** Where a kernel writes gradients as one sum per block of rows: column c of tensor i is column first[i] + c of `sums`, (count, stride). */
export interface GradParts {
  sums: Tensor;
  first: readonly number[];
  stride: number;
  count: number;
}

/** Gradients by blocks of rows, and the ranges of their columns that have values. */
interface Partial {
  sums: Tensor;
  columns: { first: number; end: number }[];
}

function baseOf(tensor: Tensor | undefined): Tensor {
  invariant(tensor, "bug", "expected a tensor whose gradient is summed over rows, got none");
  return tensor.base ?? tensor;
}

/** Gradients are by the buffer of a tensor, or of its base: every tensor that is no view has a buffer of its own. */
export class Gradients {
  private readonly arithmetic: GradientArithmetic;
  /** Gradients so far. */
  private readonly grads = new Map<GpuBuffer, Tensor>();
  /** How many of `grads` are in a buffer; with 0, nothing needs it any more. */
  private readonly uses = new Map<GpuBuffer, number>();
  /** Slices of base gradients that have values, by their offsets. */
  private readonly written = new Map<GpuBuffer, Set<number>>();
  /** Those that were made here for views to write to. Any other may be shared with another op. */
  private readonly owned = new WeakSet<Tensor>();
  /** Tensors with a full gradient, so that the gradient of a view must be added to its slice. */
  private readonly complete = new Set<GpuBuffer>();
  /** Those that are not summed yet, by base. */
  private readonly partial = new Map<GpuBuffer, Partial>();

  constructor(arithmetic: GradientArithmetic) {
    this.arithmetic = arithmetic;
  }

  /** The gradient of a tensor so far, if it has one. */
  of(tensor: Tensor): Tensor | undefined {
    this.sumUp(tensor.base ?? tensor);
    if (tensor.base) return this.grads.has(tensor.base.buffer) ? this.slice(tensor, tensor.base) : undefined;
    return this.grads.get(tensor.buffer);
  }

  /** Adds to the gradient of a tensor. */
  add(tensor: Tensor, gradient: Tensor): void {
    if (tensor.base) {
      const slice = this.slice(tensor, tensor.base);
      const isInPlace = gradient.buffer === slice.buffer && gradient.offset === slice.offset;
      if (this.hasValues(slice, tensor.base)) this.arithmetic.addInto(slice, gradient);
      else if (!isInPlace) this.arithmetic.copyInto(slice, gradient);
      const offsets = this.written.get(slice.buffer) ?? new Set();
      this.written.set(slice.buffer, offsets.add(slice.offset));
      return;
    }
    const before = this.grads.get(tensor.buffer);
    this.set(tensor.buffer, before ? this.arithmetic.add(before, gradient) : gradient);
    this.complete.add(tensor.buffer);
  }

  /** Replaces the gradient of the tensor with this buffer. */
  set(of: GpuBuffer, gradient: Tensor): void {
    this.forget(of);
    this.grads.set(of, gradient);
    this.addUse(gradient.buffer, 1);
  }

  forget(of: GpuBuffer): void {
    const before = this.grads.get(of);
    if (!before) return;
    this.grads.delete(of);
    this.addUse(before.buffer, -1);
  }

  /** Buffers of gradients that nothing needs any more. */
  *unneeded(): Generator<GpuBuffer> {
    for (const [buffer, uses] of this.uses) if (uses === 0) yield buffer;
  }

  /** Forgets a buffer that is to be used again, unless a gradient is in it. Returns whether it did. */
  drop(buffer: GpuBuffer): boolean {
    if (this.uses.get(buffer)) return false;
    this.uses.delete(buffer);
    this.written.delete(buffer);
    this.complete.delete(buffer);
    return true;
  }

  /** Where a backward kernel writes the gradient of `tensor`: the slice of its base's gradient if that has no values yet, else a new tensor. */
  target(tensor: Tensor): Tensor {
    if (tensor.base) {
      const slice = this.slice(tensor, tensor.base);
      if (!this.hasValues(slice, tensor.base)) return slice;
    }
    return this.arithmetic.empty(tensor.shape, `d ${tensor.label}`);
  }

  /**
   * For kernels that sum the gradients of some tensors over rows. Such a kernel writes one sum per block of rows, `count` for each column, and
   * its op returns null for these tensors. All sums of a base are added in one dispatch, when its gradient is read. tensors: one base, or
   * views of one base that do not overlap.
   */
  parts(tensors: readonly Tensor[], count: number): GradParts {
    const base = baseOf(tensors[0]);
    const columns = tensors.map((tensor) => {
      invariant(baseOf(tensor).buffer === base.buffer, "bug", `${tensor.label}: expected a view of ${base.label}`);
      const first = tensor.offset - base.offset;
      return { first, end: first + elements(tensor) };
    });
    const taken = (before: Partial): boolean =>
      before.sums.shape[0] !== count ||
      columns.some(({ first, end }) => before.columns.some((range) => first < range.end && range.first < end));
    let partial = this.partial.get(base.buffer);
    if (partial && taken(partial)) {
      this.sumUp(base);
      partial = undefined;
    }
    const stride = Math.ceil(elements(base) / PARTS_ALIGNMENT) * PARTS_ALIGNMENT;
    if (!partial) {
      partial = { sums: this.arithmetic.empty([count, stride], `d ${base.label} by rows`), columns: [] };
      this.arithmetic.zero(partial.sums);
      this.partial.set(base.buffer, partial);
      this.addUse(partial.sums.buffer, 1);
    }
    partial.columns.push(...columns);
    return { sums: partial.sums, first: columns.map(({ first }) => first), stride, count };
  }

  /** Adds the gradients by blocks of rows to the gradient of a base. */
  private sumUp({ buffer, shape }: Tensor): void {
    const partial = this.partial.get(buffer);
    if (!partial) return;
    this.partial.delete(buffer);
    this.addUse(partial.sums.buffer, -1);
    const sum = this.arithmetic.sumParts(partial.sums, this.grads.get(buffer), shape);
    this.set(buffer, sum);
    this.owned.add(sum);
    this.complete.add(buffer);
  }

  private hasValues(slice: Tensor, base: Tensor): boolean {
    return this.written.get(slice.buffer)?.has(slice.offset) === true || this.complete.has(base.buffer);
  }

  /** The view's slice of its base's gradient, which is made if there is none, or copied if it may be shared. */
  private slice(tensor: Tensor, base: Tensor): Tensor {
    let gradient = this.grads.get(base.buffer);
    if (!gradient || !this.owned.has(gradient)) {
      const own = this.arithmetic.empty(base.shape, `d ${base.label}`);
      if (gradient) this.arithmetic.copyInto(own, gradient);
      else this.arithmetic.zero(own);
      gradient = own;
      this.owned.add(own);
      this.set(base.buffer, own);
    }
    return view(gradient, tensor.offset - base.offset, tensor.shape, `d ${tensor.label}`);
  }

  private addUse(buffer: GpuBuffer, count: 1 | -1): void {
    this.uses.set(buffer, (this.uses.get(buffer) ?? 0) + count);
  }
}
