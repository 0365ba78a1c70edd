// The tape: ops record their backward on it, and `backward` runs them in reverse. A view's gradient is a slice of its base's gradient.
import { invariant } from "./errors.ts";
import type { GpuBuffer } from "./gpu/buffers.ts";
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

/** The memory of a step, as far as the tape needs it. */
export interface StepMemory {
  mark(): number;
  /** Buffers taken since `mark` was read and not released. */
  takenSince(mark: number): readonly GpuBuffer[];
  /** Releases a buffer for later tensors of the step, if it is in use and of this step. */
  release(buffer: GpuBuffer): void;
}

/** A part of a forward pass; see Ctx.segment. */
interface SegmentWork {
  work: () => readonly Tensor[];
  memory: StepMemory;
  /** Runs `work` again. With it, only the results are kept between forward and backward. */
  again?: () => readonly Tensor[];
}

/** What ends with the backward of an item: the buffers that it made. */
interface Ending {
  memory: StepMemory;
  made: readonly GpuBuffer[];
}

interface Entry {
  out: Tensor;
  also: Tensor | undefined;
  inputs: readonly Tensor[];
  backward: Backward;
  /** Of an op in a segment. What other ops make stays until the step ends, because it may be read after it. */
  ending: Ending | undefined;
}

interface Segment extends Ending {
  results: readonly Tensor[];
  /** Its ops, or how to record them again. */
  items: readonly Item[] | (() => readonly Tensor[]);
}

type Item = Entry | Segment;

/** What is being recorded, and where the memory of a segment was after its last item. */
interface Recording {
  items: Item[];
  memory?: StepMemory;
  mark: number;
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
export class Tape {
  private readonly arithmetic: TapeArithmetic;
  private recording: Recording = { items: [], mark: 0 };
  /** Gradients so far. */
  private readonly grads = new Map<GpuBuffer, Tensor>();
  /** How many of `grads` are in a buffer; with 0, nothing needs it any more. */
  private readonly uses = new Map<GpuBuffer, number>();
  /** Slices of base gradients that have values, by their offsets. */
  private readonly written = new Map<GpuBuffer, Set<number>>();
  /** Gradients that the tape made for views to write to. Any other gradient may be shared with another op. */
  private readonly owned = new WeakSet<Tensor>();
  /** Tensors with a full gradient, so that the gradient of a view must be added to its slice. */
  private readonly complete = new Set<GpuBuffer>();
  /** Those that are not summed yet, by base. */
  private readonly partial = new Map<GpuBuffer, Partial>();

  constructor(arithmetic: TapeArithmetic) {
    this.arithmetic = arithmetic;
  }

  /** Adds an op: `backward` is called with the gradient of `out` if that has one. */
  record(out: Tensor, inputs: readonly Tensor[], backward: Backward): void {
    this.recording.items.push({ out, also: undefined, inputs, backward, ending: this.endingHere() });
  }

  /** Adds an op with two outputs, of which the first always gets a gradient. */
  recordTwo([out, also]: readonly [Tensor, Tensor], inputs: readonly Tensor[], backward: Backward): void {
    this.recording.items.push({ out, also, inputs, backward, ending: this.endingHere() });
  }

  /** Runs a part of the forward pass and returns its results. What it makes ends with its backward. */
  segment({ work, memory, again }: SegmentWork): readonly Tensor[] {
    const mark = memory.mark();
    const { items, made, results } = this.recordApart(work, memory);
    if (again) {
      const kept = new Set(results.map(({ buffer }) => buffer));
      const all = memory.takenSince(mark);
      for (const buffer of all) if (!kept.has(buffer)) memory.release(buffer);
      this.addSegment({ results, items: again, memory, made: all.filter((buffer) => kept.has(buffer)) });
    } else this.addSegment({ results, items, memory, made });
    return results;
  }

  /** Its buffers are its own: the next op of a segment around it does not end them. */
  private addSegment(segment: Segment): void {
    this.recording.items.push(segment);
    this.recording.mark = segment.memory.mark();
  }

  /** What `work` records, apart from other items. made: buffers that none of its ops ends. */
  private recordApart(work: () => readonly Tensor[], memory: StepMemory): Segment {
    const outer = this.recording;
    const own: Recording = { items: [], memory, mark: memory.mark() };
    this.recording = own;
    try {
      const results = work();
      return { results, items: own.items, memory, made: memory.takenSince(own.mark) };
    } finally {
      this.recording = outer;
    }
  }

  /** What was made since the last item of a segment: only this op and later ones read it. */
  private endingHere(): Ending | undefined {
    const { recording } = this;
    const { memory, mark } = recording;
    if (!memory) return undefined;
    recording.mark = memory.mark();
    return { memory, made: memory.takenSince(mark) };
  }

  /** Runs backward from outputs with given gradients. When it returns, all gradients have been dispatched. */
  backward(roots: readonly (readonly [out: Tensor, dOut: Tensor])[]): void {
    for (const [out, dOut] of roots) this.accumulate(out, dOut);
    this.run(this.recording.items);
  }

  private run(items: readonly Item[]): void {
    for (let i = items.length - 1; i >= 0; i--) {
      const item = items[i];
      if (!item) continue;
      const ending = "results" in item ? item : item.ending;
      const mark = ending?.memory.mark() ?? 0;
      if ("results" in item) this.runSegment(item);
      else this.runEntry(item);
      if (ending) this.end(ending, mark);
    }
  }

  private runEntry({ out, also, inputs, backward }: Entry): void {
    const dOut = this.gradOf(out);
    if (!dOut) return;
    const gradients = backward(dOut, also && this.gradOf(also));
    invariant(
      gradients.length === inputs.length,
      "bug",
      `${out.label}: expected ${inputs.length} gradients, one per input, got ${gradients.length}`,
    );
    inputs.forEach((input, k) => {
      const gradient = gradients[k];
      if (gradient && input.requiresGrad) this.accumulate(input, gradient);
    });
  }

  private runSegment({ results, items, memory }: Segment): void {
    if (!results.some((result) => this.gradOf(result))) return;
    if (typeof items !== "function") {
      this.run(items);
      return;
    }
    const second = this.recordApart(items, memory);
    // the same values in other buffers: their gradients are those of the first results
    second.results.forEach((result, i) => {
      const gradient = results[i] && this.gradOf(results[i]);
      if (gradient) this.setGradient(result.buffer, gradient);
    });
    this.run(typeof second.items === "function" ? [] : second.items);
  }

  /** Releases what an item made in forward, and since `mark` in backward, except gradients that are still needed. */
  private end({ memory, made }: Ending, mark: number): void {
    const ended = new Set(made);
    for (const buffer of memory.takenSince(mark)) ended.add(buffer);
    for (const buffer of ended) this.forgetGradient(buffer);
    for (const [buffer, uses] of this.uses) if (uses === 0) ended.add(buffer);
    for (const buffer of ended) {
      if (this.uses.get(buffer)) continue;
      this.uses.delete(buffer);
      this.written.delete(buffer);
      this.complete.delete(buffer);
      memory.release(buffer);
    }
  }

  private setGradient(of: GpuBuffer, gradient: Tensor): void {
    this.forgetGradient(of);
    this.grads.set(of, gradient);
    this.addUse(gradient.buffer, 1);
  }

  private forgetGradient(of: GpuBuffer): void {
    const before = this.grads.get(of);
    if (!before) return;
    this.grads.delete(of);
    this.addUse(before.buffer, -1);
  }

  private addUse(buffer: GpuBuffer, count: 1 | -1): void {
    this.uses.set(buffer, (this.uses.get(buffer) ?? 0) + count);
  }

  /** The gradient of a tensor so far, if it has one. */
  gradOf(tensor: Tensor): Tensor | undefined {
    this.sumUp(tensor.base ?? tensor);
    if (tensor.base) return this.grads.has(tensor.base.buffer) ? this.slice(tensor, tensor.base) : undefined;
    return this.grads.get(tensor.buffer);
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
    this.setGradient(buffer, sum);
    this.owned.add(sum);
    this.complete.add(buffer);
  }

  /** Adds to the gradient of a tensor. */
  private accumulate(tensor: Tensor, gradient: Tensor): void {
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
    this.setGradient(tensor.buffer, before ? this.arithmetic.add(before, gradient) : gradient);
    this.complete.add(tensor.buffer);
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
      this.setGradient(base.buffer, own);
    }
    return view(gradient, tensor.offset - base.offset, tensor.shape, `d ${tensor.label}`);
  }
}
