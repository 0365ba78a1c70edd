// GPU timestamps: the time that each kernel or pass took, by label. Needs the adapter's timestamp-query feature.
import { invariant } from "../errors.ts";
import type { Buffers, GpuBuffer } from "./buffers.ts";
import type { Gpu } from "./device.ts";
import { readBuffer } from "./readback.ts";

/** Dispatches that one profile can record: a query set has at most 4096 queries, and each dispatch takes two. */
const MAX_DISPATCHES = 2048;

export interface KernelTime {
  label: string;
  dispatches: number;
  ms: number;
}

export class Profile {
  private readonly gpu: Gpu;
  private readonly buffers: Buffers;
  private readonly querySet: GPUQuerySet;
  private readonly resolved: GpuBuffer;
  private labels: string[] = [];

  /** per "pass" times everything between two submits at once. Throws EngineError("limit") if the adapter has no timestamps. */
  constructor(
    gpu: Gpu,
    buffers: Buffers,
    readonly per: "dispatch" | "pass" = "dispatch",
  ) {
    invariant(
      gpu.facts.timestamps,
      "limit",
      "This adapter has no timestamp-query: measure full steps instead of single kernels.",
    );
    this.gpu = gpu;
    this.buffers = buffers;
    this.querySet = gpu.device.createQuerySet({ label: "profile", type: "timestamp", count: 2 * MAX_DISPATCHES });
    const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
    this.resolved = buffers.allocate(16 * MAX_DISPATCHES, "profile", usage);
  }

  /** The descriptor of a compute pass that is timed. */
  stamps(label: string): GPUComputePassDescriptor {
    const i = this.labels.push(label) - 1;
    if (i >= MAX_DISPATCHES) return { label };
    const { querySet } = this;
    return { label, timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 } };
  }

  /** Encodes the copy of the timestamps to the buffer that `take` reads. */
  resolve(encoder: GPUCommandEncoder): void {
    const queries = 2 * Math.min(this.labels.length, MAX_DISPATCHES);
    encoder.resolveQuerySet(this.querySet, 0, queries, this.resolved.gpu, 0);
  }

  /** Times of all dispatches since the last call, summed by label, largest first. */
  async take(): Promise<KernelTime[]> {
    const count = Math.min(this.labels.length, MAX_DISPATCHES);
    const stamps = new BigUint64Array(
      await readBuffer(this.gpu, this.buffers, { buffer: this.resolved, offset: 0, bytes: 16 * count }),
    );
    const sums = new Map<string, KernelTime>();
    for (let i = 0; i < count; i++) {
      const label = this.labels[i] ?? "";
      const sum = sums.get(label) ?? { label, dispatches: 0, ms: 0 };
      sum.dispatches++;
      sum.ms += Number((stamps[2 * i + 1] ?? 0n) - (stamps[2 * i] ?? 0n)) / 1e6;
      sums.set(label, sum);
    }
    this.labels = [];
    return [...sums.values()].sort((a, b) => b.ms - a.ms);
  }

  free(): void {
    this.querySet.destroy();
    this.buffers.free(this.resolved);
  }
}
