// The tape: what backward replays. Ops record a closure; gradients of views land in their slice of the base's gradient.
import { invariant } from "./errors.ts";
import { type Tensor, view } from "./tensor.ts";

/** What the tape itself must be able to compute; handed in, so that the tape knows no kernels. */
export interface TapeArithmetic {
  empty(shape: readonly number[], label: string): Tensor;
  zero(tensor: Tensor): void;
  copy(from: Tensor, to: Tensor): void;
  /** a + b, in a new tensor. */
  add(a: Tensor, b: Tensor): Tensor;
  /** into += from. */
  addInto(into: Tensor, from: Tensor): void;
}

/** Given d(output), the gradient of each input in order; null where an input has none. */
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
  private readonly grads = new Map<string, Tensor>();
  /** Slices of base gradients that have been written. */
  private readonly written = new Set<string>();
  /** Gradients that the tape made for views to write into; all others may be shared with another op. */
  private readonly owned = new Set<Tensor>();
  /** Tensors whose whole gradient holds something, so that a slice of it must be added to. */
  private readonly whole = new Set<string>();

  constructor(arithmetic: TapeArithmetic) {
    this.arithmetic = arithmetic;
  }

  record(out: Tensor, inputs: readonly Tensor[], backward: Backward): void {
    this.entries.push({ out, inputs, backward });
  }

  /** Runs the tape from the given outputs and their gradients. Every gradient is dispatched when this returns. */
  backward(roots: readonly (readonly [out: Tensor, dOut: Tensor])[]): void {
    for (const [out, dOut] of roots) this.accumulate(out, dOut);
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i];
      if (!entry) continue;
      const dOut = this.gradOf(entry.out);
      if (!dOut) continue;
      const gradients = entry.backward(dOut);
      invariant(gradients.length === entry.inputs.length, "bug", `${entry.out.label}: one gradient an input expected`);
      entry.inputs.forEach((input, k) => {
        const gradient = gradients[k];
        if (gradient && input.requiresGrad) this.accumulate(input, gradient);
      });
    }
  }

  /** The gradient that has come together for a tensor, if any. */
  gradOf(tensor: Tensor): Tensor | undefined {
    if (tensor.base) return this.grads.has(keyOf(tensor.base)) ? this.slice(tensor, tensor.base) : undefined;
    return this.grads.get(keyOf(tensor));
  }

  /** Where a backward kernel should write the gradient of `tensor`: its slice of a base's gradient if that is free, else a new tensor. */
  target(tensor: Tensor): Tensor {
    if (tensor.base) {
      const slice = this.slice(tensor, tensor.base);
      if (!this.holds(slice, tensor.base)) return slice;
    }
    return this.arithmetic.empty(tensor.shape, `d ${tensor.label}`);
  }

  private accumulate(tensor: Tensor, gradient: Tensor): void {
    if (tensor.base) {
      const slice = this.slice(tensor, tensor.base);
      const key = keyOf(slice);
      if (this.holds(slice, tensor.base)) this.arithmetic.addInto(slice, gradient);
      else if (keyOf(gradient) !== key) this.arithmetic.copy(gradient, slice);
      this.written.add(key);
      return;
    }
    const before = this.grads.get(keyOf(tensor));
    this.grads.set(keyOf(tensor), before ? this.arithmetic.add(before, gradient) : gradient);
    this.whole.add(keyOf(tensor));
  }

  private holds(slice: Tensor, base: Tensor): boolean {
    return this.written.has(keyOf(slice)) || this.whole.has(keyOf(base));
  }

  private slice(tensor: Tensor, base: Tensor): Tensor {
    let gradient = this.grads.get(keyOf(base));
    if (!gradient || !this.owned.has(gradient)) {
      const own = this.arithmetic.empty(base.shape, `d ${base.label}`);
      if (gradient) this.arithmetic.copy(gradient, own);
      else this.arithmetic.zero(own);
      gradient = own;
      this.owned.add(own);
      this.grads.set(keyOf(base), own);
    }
    return view(gradient, tensor.offset - base.offset, tensor.shape, `d ${tensor.label}`);
  }
}
