// The masks of a training, report by report, as bits: to replay it. Memory is bounded: at the limit every second report is dropped.
import { packBytes, unpackBytes } from "../../engine/index.ts";
import { joinedBytes } from "../../shared/joinedBytes.ts";
import type { RunArchitecture } from "../../worker/protocol.ts";

/** The masks of one report. */
export interface RecordedMasks {
  /** Steps that were done. */
  step: number;
  /** Of the recipe. */
  steps: number;
  /** Kept block weights. */
  keptWeights: number;
  /** The 5L masks, one byte per gate. */
  masks(): readonly Uint8Array[];
}

interface Report extends RecordedMasks {
  /** How many reports of the run were before it. */
  index: number;
  bytes: number;
}

/** Most bytes of all recorded masks together, and most reports. */
const LIMITS = { bytes: 32 * 2 ** 20, reports: 400 };

export class MaskRecording {
  private run = "";
  private reports: readonly Report[] = [];
  private seen = 0;
  /** Of the 5L masks, which all reports of a run share. */
  private lengths: readonly number[] = [];
  /** Every how many reports one is kept for good; the newest one always is there. */
  private every = 1;

  constructor(private readonly limits = LIMITS) {}

  /** By ascending step. A new array after each change. */
  get all(): readonly RecordedMasks[] {
    return this.reports;
  }

  /** Adds a report. Those of another run, and those of the same or later steps (from before a run was resumed), are dropped. */
  add({ run, step, masks, keptWeights, made }: RunArchitecture): void {
    if (run !== this.run) this.clear();
    this.run = run;
    const earlier = this.reports.filter((report) => report.step < step);
    const last = earlier.at(-1);
    const kept = last && last.index % this.every !== 0 ? earlier.slice(0, -1) : earlier;
    const lengths = this.sharedLengths(masks.map(({ length }) => length));
    // in one array: 5L small arrays per report would take more memory than their bits
    const bits = packBytes(joinedBytes(masks));
    const steps = made.kind === "disp" ? made.recipe.steps : step;
    const index = this.seen;
    this.seen += 1;
    this.reports = [
      ...kept,
      {
        ...{ step, steps, keptWeights, index, bytes: bits.byteLength },
        masks: () => split(bits, lengths),
      },
    ];
    while (this.isOverLimit()) this.thin();
  }

  clear(): void {
    this.run = "";
    this.reports = [];
    this.seen = 0;
    this.every = 1;
  }

  private sharedLengths(lengths: readonly number[]): readonly number[] {
    if (lengths.join() !== this.lengths.join()) this.lengths = lengths;
    return this.lengths;
  }

  private isOverLimit(): boolean {
    const { reports, limits } = this;
    const bytes = reports.reduce((sum, report) => sum + report.bytes, 0);
    return reports.length > 2 && (bytes > limits.bytes || reports.length > limits.reports);
  }

  /** Keeps every second report, and the newest. */
  private thin(): void {
    this.every *= 2;
    const last = this.reports.at(-1);
    this.reports = this.reports.filter((report) => report.index % this.every === 0 || report === last);
  }
}

/** The masks of these lengths that were joined and packed. */
function split(bits: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  const all = unpackBytes(
    bits,
    lengths.reduce((sum, length) => sum + length, 0),
  );
  let at = 0;
  return lengths.map((length) => all.subarray(at, (at += length)));
}
