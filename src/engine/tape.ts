// The tape: ops record their backward on it, and `backward` runs them in reverse. A view's gradient is a slice of its base's gradient.
import { invariant } from "./errors.ts";
import { type Tensor, view } from "./tensor.ts";

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
}

/** From the gradient of the output, the gradient of each input in order; null for an input without one. */
export type Backward = (dOut: Tensor) => (Tensor | null)[];

interface Entry {
  out: Tensor;
  inputs: readonly Tensor[];
  backward: Backward;
}

const keyOf = (tensor: Tensor): string => `${tensor.buffer.id}:${tensor.offset}`;

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

  constructor(arithmetic: TapeArithmetic) {
    this.arithmetic = arithmetic;
  }

  /** Adds an op: `backward` is called with the gradient of `out` if that has one. */
  record(out: Tensor, inputs: readonly Tensor[], backward: Backward): void {
    this.entries.push({ out, inputs, backward });
  }

  /** Runs backward from outputs with given gradients. When it returns, all gradients have been dispatched. */
  backward(roots: readonly (readonly [out: Tensor, dOut: Tensor])[]): void {
    for (const [out, dOut] of roots) this.accumulate(out, dOut);
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i];
      if (!entry) continue;
      const dOut = this.gradOf(entry.out);
      if (!dOut) continue;
      const gradients = entry.backward(dOut);
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
