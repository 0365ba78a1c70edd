// Metrics of a run, kept outside React and the store: columns that charts read in place and subscribe to.
import { packHistory, type RunHistory, type RunReading, unpackHistory } from "../../engine/index.ts";
import type { Metrics } from "../../worker/protocol.ts";

const FIRST_CAPACITY = 1024;
const COLUMNS = ["step", "loss", "penalty", "kept", "target"] as const;

type Columns = Record<(typeof COLUMNS)[number], Float32Array<ArrayBuffer>>;
/** What a run has of its own. */
type Contents = Columns & { count: number; plannedSteps: number; readings: readonly RunReading[] };

const NOTHING = new Float32Array(0);
const NO_STEPS: Contents = {
  ...{ step: NOTHING, loss: NOTHING, penalty: NOTHING, kept: NOTHING, target: NOTHING },
  ...{ count: 0, plannedSteps: 0, readings: [] },
};

/**
 * At least the last `limit` steps of a run, as contiguous columns; the first `count` entries are in use. A column grows to twice the
 * limit. When it is full, the last `limit` entries move to its start, so appending costs O(1) per step and reading copies nothing.
 * While something else than the run is shown, its own columns are set aside.
 */
export class RunSeries {
  step = new Float32Array(FIRST_CAPACITY);
  loss = new Float32Array(FIRST_CAPACITY);
  penalty = new Float32Array(FIRST_CAPACITY);
  kept = new Float32Array(FIRST_CAPACITY);
  target = new Float32Array(FIRST_CAPACITY);
  count = 0;
  plannedSteps = 0;
  /** Perplexities of the pruned model that were measured while the run trained and when it paused or ended, by ascending step. */
  readings: readonly RunReading[] = [];
  /** The run's own contents while others are shown. */
  private own: Contents | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly limit = 100_000) {}

  /** Adds the steps of one event. Steps that were there before (after resuming, or in another run) replace the old ones from there on. */
  append(metrics: Metrics): void {
    const first = metrics.step[0];
    if (first === undefined) return;
    this.takeBack();
    // Steps of another run that does not reach up to here.
    if (this.count > 0 && first > (this.step[this.count - 1] ?? 0) + 1) this.empty();
    this.readings = this.readings.filter(({ step }) => step <= first);
    while (this.count > 0 && (this.step[this.count - 1] ?? 0) >= first) this.count -= 1;
    this.reserve(metrics.step.length);
    for (const column of COLUMNS) this[column].set(metrics[column], this.count);
    this.count += metrics.step.length;
    this.notify();
  }

  /** Sets how many steps the run has by its recipe. */
  plan(steps: number): void {
    const own = this.own ?? this;
    if (steps === own.plannedSteps) return;
    own.plannedSteps = steps;
    this.notify();
  }

  /** Adds a perplexity of the run, unless it has one of this step. */
  addReading(reading: RunReading): void {
    const { readings } = this.own ?? this;
    if ((readings.at(-1)?.step ?? 0) >= reading.step) return;
    (this.own ?? this).readings = [...readings, reading];
    this.notify();
  }

  /** Shows a saved history, or none, instead of the run. */
  show(history: RunHistory | null, plannedSteps = 0): void {
    this.own ??= contentsOf(this);
    Object.assign(this, NO_STEPS, history && { ...unpackHistory(history), readings: history.readings, plannedSteps });
    this.notify();
  }

  /** Shows the run again. */
  showRun(): void {
    this.takeBack();
    this.notify();
  }

  /** The run's own history; undefined where it has no steps. */
  history(): RunHistory | undefined {
    const own = this.own ?? this;
    return packHistory(own, own.readings);
  }

  clear(): void {
    this.takeBack();
    this.empty();
    this.notify();
  }

  private takeBack(): void {
    if (this.own) Object.assign(this, this.own);
    this.own = null;
  }

  private empty(): void {
    this.count = 0;
    this.readings = [];
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

function contentsOf({ step, loss, penalty, kept, target, count, plannedSteps, readings }: Contents): Contents {
  return { step, loss, penalty, kept, target, count, plannedSteps, readings };
}
