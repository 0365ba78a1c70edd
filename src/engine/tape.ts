// The tape: ops record their backward on it, and `backward` runs them in reverse.
import { invariant } from "./errors.ts";
import type { GpuBuffer } from "./gpu/buffers.ts";
import { type GradientArithmetic, Gradients } from "./gradients.ts";
import type { Tensor } from "./tensor.ts";

/**
 * From the gradient of the output, the gradient of each input in order; null for an input without one, or whose gradient went to `Gradients.parts`.
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

export class Tape {
  readonly gradients: Gradients;
  private recording: Recording = { items: [], mark: 0 };

  constructor(arithmetic: GradientArithmetic) {
    this.gradients = new Gradients(arithmetic);
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
    for (const [out, dOut] of roots) this.gradients.add(out, dOut);
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
    const dOut = this.gradients.of(out);
    if (!dOut) return;
    const gradients = backward(dOut, also && this.gradients.of(also));
    invariant(
      gradients.length === inputs.length,
      "bug",
      `${out.label}: expected ${inputs.length} gradients, one per input, got ${gradients.length}`,
    );
    inputs.forEach((input, k) => {
      const gradient = gradients[k];
      if (gradient && input.requiresGrad) this.gradients.add(input, gradient);
    });
  }

  private runSegment({ results, items, memory }: Segment): void {
    if (!results.some((result) => this.gradients.of(result))) return;
    if (typeof items !== "function") {
      this.run(items);
      return;
    }
    const second = this.recordApart(items, memory);
    // the same values in other buffers: their gradients are those of the first results
    second.results.forEach((result, i) => {
      const gradient = results[i] && this.gradients.of(results[i]);
      if (gradient) this.gradients.set(result.buffer, gradient);
    });
    this.run(typeof second.items === "function" ? [] : second.items);
  }

  /** Releases what an item made in forward, and since `mark` in backward, except gradients that are still needed. */
  private end({ memory, made }: Ending, mark: number): void {
    const ended = new Set(made);
    for (const buffer of memory.takenSince(mark)) ended.add(buffer);
    for (const buffer of ended) this.gradients.forget(buffer);
    for (const buffer of this.gradients.unneeded()) ended.add(buffer);
    for (const buffer of ended) if (this.gradients.drop(buffer)) memory.release(buffer);
  }
}
