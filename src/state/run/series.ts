// Metrics of a run, kept outside React and the store: columns that charts read in place and subscribe to.
import type { Metrics } from "../../worker/protocol.ts";

const FIRST_CAPACITY = 1024;
const COLUMNS = ["step", "loss", "penalty", "kept", "target"] as const;

/**
 * At least the last `limit` steps of a run, as contiguous columns; the first `count` entries are in use. A column grows to twice the
 * limit. When it is full, the last `limit` entries move to its start, so appending costs O(1) per step and reading copies nothing.
 */
export class RunSeries {
  step = new Float32Array(FIRST_CAPACITY);
  loss = new Float32Array(FIRST_CAPACITY);
  penalty = new Float32Array(FIRST_CAPACITY);
  kept = new Float32Array(FIRST_CAPACITY);
  target = new Float32Array(FIRST_CAPACITY);
  count = 0;
  plannedSteps = 0;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly limit = 100_000) {}

  /** Adds the steps of one event. Steps that were there before (after resuming, or in another run) replace the old ones from there on. */
  append(metrics: Metrics): void {
    const first = metrics.step[0];
    if (first === undefined) return;
    while (this.count > 0 && (this.step[this.count - 1] ?? 0) >= first) this.count -= 1;
    this.reserve(metrics.step.length);
    for (const column of COLUMNS) this[column].set(metrics[column], this.count);
    this.count += metrics.step.length;
    this.notify();
  }

  /** Sets how many steps the run has by its recipe. */
  plan(steps: number): void {
    if (steps === this.plannedSteps) return;
    this.plannedSteps = steps;
    this.notify();
  }

  clear(): void {
    this.count = 0;
    this.notify();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }

  private reserve(more: number): void {
    const need = this.count + more;
    if (need <= this.step.length) return;
    if (need > 2 * this.limit && this.count > this.limit) {
      for (const column of COLUMNS) this[column].copyWithin(0, this.count - this.limit, this.count);
      this.count = this.limit;
      return this.reserve(more);
    }
    const capacity = Math.max(need, Math.min(2 * this.step.length, 2 * this.limit));
    for (const column of COLUMNS) {
      const longer = new Float32Array(capacity);
      longer.set(this[column].subarray(0, this.count));
      this[column] = longer;
    }
  }
}
