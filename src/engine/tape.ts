// The tape: ops record their backward on it, and `backward` runs them in reverse. A view's gradient is a slice of its base's gradient.
import { invariant } from "./errors.ts";
import { elements, type Tensor, view } from "./tensor.ts";

/** Rows of gradients by blocks start at a multiple of this many elements, so that kernels can read them as vec4s. */
const PARTS_ALIGNMENT = 4;

/** The arithmetic that the tape needs, passed in so that the tape does not depend on kernels. */
export interface TapeArithmetic {
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

/**
 * From the gradient of the output, the gradient of each input in order; null for an input without one, or whose gradient went to `Tape.parts`.
 * dAlso: the gradient of a second output, if the op has one and it got a gradient.
 */
export type Backward = (dOut: Tensor, dAlso?: Tensor) => (Tensor | null)[];

interface Entry {
  out: Tensor;
  also: Tensor | undefined;
  inputs: readonly Tensor[];
  backward: Backward;
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

const keyOf = (tensor: Tensor): string => `${tensor.buffer.id}:${tensor.offset}`;

function baseOf(tensor: Tensor | undefined): Tensor {
  invariant(tensor, "bug", "expected a tensor whose gradient is summed over rows, got none");
  return tensor.base ?? tensor;
}

export class Tape {
  private readonly arithmetic: TapeArithmetic;
  private readonly entries: Entry[] = [];
  /** Gradients so far, by tensor. */
  private readonly grads = new Map<string, Tensor>();
  /** Slices of base gradients that have values. */
  private readonly written = new Set<string>();
  /** Gradients that the tape made for views to write to. Any other gradient may be shared with another op. */
  private readonly owned = new Set<Tensor>();
  /** Tensors with a full gradient, so that the gradient of a view must be added to its slice. */
  private readonly complete = new Set<string>();
  /** Those that are not summed yet, by base. */
  private readonly partial = new Map<string, Partial>();

  constructor(arithmetic: TapeArithmetic) {
    this.arithmetic = arithmetic;
  }

  /** Adds an op: `backward` is called with the gradient of `out` if that has one. */
  record(out: Tensor, inputs: readonly Tensor[], backward: Backward): void {
    this.entries.push({ out, also: undefined, inputs, backward });
  }

  /** Adds an op with two outputs, of which the first always gets a gradient. */
  recordTwo([out, also]: readonly [Tensor, Tensor], inputs: readonly Tensor[], backward: Backward): void {
    this.entries.push({ out, also, inputs, backward });
  }

  /** Runs backward from outputs with given gradients. When it returns, all gradients have been dispatched. */
  backward(roots: readonly (readonly [out: Tensor, dOut: Tensor])[]): void {
    for (const [out, dOut] of roots) this.accumulate(out, dOut);
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i];
      if (!entry) continue;
      const dOut = this.gradOf(entry.out);
      if (!dOut) continue;
      const gradients = entry.backward(dOut, entry.also && this.gradOf(entry.also));
      invariant(
        gradients.length === entry.inputs.length,
        "bug",
        `${entry.out.label}: expected ${entry.inputs.length} gradients, one per input, got ${gradients.length}`,
      );
      entry.inputs.forEach((input, k) => {
        const gradient = gradients[k];
        if (gradient && input.requiresGrad) this.accumulate(input, gradient);
      });
    }
  }

  /** The gradient of a tensor so far, if it has one. */
  gradOf(tensor: Tensor): Tensor | undefined {
    this.sumUp(tensor.base ?? tensor);
    if (tensor.base) return this.grads.has(keyOf(tensor.base)) ? this.slice(tensor, tensor.base) : undefined;
    return this.grads.get(keyOf(tensor));
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
      invariant(keyOf(baseOf(tensor)) === keyOf(base), "bug", `${tensor.label}: expected a view of ${base.label}`);
      const first = tensor.offset - base.offset;
      return { first, end: first + elements(tensor) };
    });
    const taken = (before: Partial): boolean =>
      before.sums.shape[0] !== count ||
      columns.some(({ first, end }) => before.columns.some((range) => first < range.end && range.first < end));
    let partial = this.partial.get(keyOf(base));
    if (partial && taken(partial)) {
      this.sumUp(base);
      partial = undefined;
    }
    const stride = Math.ceil(elements(base) / PARTS_ALIGNMENT) * PARTS_ALIGNMENT;
    if (!partial) {
      partial = { sums: this.arithmetic.empty([count, stride], `d ${base.label} by rows`), columns: [] };
      this.arithmetic.zero(partial.sums);
      this.partial.set(keyOf(base), partial);
    }
    partial.columns.push(...columns);
    return { sums: partial.sums, first: columns.map(({ first }) => first), stride, count };
  }

  /** Adds the gradients by blocks of rows to the gradient of a base. */
  private sumUp(base: Tensor): void {
    const key = keyOf(base);
    const partial = this.partial.get(key);
    if (!partial) return;
    this.partial.delete(key);
    const sum = this.arithmetic.sumParts(partial.sums, this.grads.get(key), base.shape);
    this.grads.set(key, sum);
    this.owned.add(sum);
    this.complete.add(key);
  }

  /** Adds to the gradient of a tensor. */
  private accumulate(tensor: Tensor, gradient: Tensor): void {
    if (tensor.base) {
      const slice = this.slice(tensor, tensor.base);
      const key = keyOf(slice);
      if (this.hasValues(slice, tensor.base)) this.arithmetic.addInto(slice, gradient);
      else if (keyOf(gradient) !== key) this.arithmetic.copyInto(slice, gradient);
      this.written.add(key);
      return;
    }
    const before = this.grads.get(keyOf(tensor));
    this.grads.set(keyOf(tensor), before ? this.arithmetic.add(before, gradient) : gradient);
    this.complete.add(keyOf(tensor));
  }

  private hasValues(slice: Tensor, base: Tensor): boolean {
    return this.written.has(keyOf(slice)) || this.complete.has(keyOf(base));
  }

  /** The view's slice of its base's gradient, which is made if there is none, or copied if it may be shared. */
  private slice(tensor: Tensor, base: Tensor): Tensor {
    let gradient = this.grads.get(keyOf(base));
    if (!gradient || !this.owned.has(gradient)) {
      const own = this.arithmetic.empty(base.shape, `d ${base.label}`);
      if (gradient) this.arithmetic.copyInto(own, gradient);
      else this.arithmetic.zero(own);
      gradient = own;
      this.owned.add(own);
      this.grads.set(keyOf(base), own);
    }
    return view(gradient, tensor.offset - base.offset, tensor.shape, `d ${tensor.label}`);
  }
}
