// GPU memory: buffers that live as long as a model, and the arena whose buffers come back at the end of each step.
import { EngineError, invariant } from "../errors.ts";
import type { Gpu } from "./device.ts";

/** A GPU buffer with a number, so that caches can be keyed by it. */
export interface GpuBuffer {
  readonly id: number;
  readonly gpu: GPUBuffer;
  readonly bytes: number;
}

/** Bindings start on multiples of 256 bytes (minStorageBufferOffsetAlignment). */
export const BINDING_ALIGNMENT_BYTES = 256;

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** Allocates, counts and frees. `allocations` only grows: a test watches that steps do not move it. */
export class Buffers {
  allocations = 0;
  bytesInUse = 0;
  /** Set to count what is over the limit too, where nothing is really made. */
  unlimited = false;
  private readonly gpu: Gpu;
  private nextId = 1;
  private readonly live = new Map<number, GpuBuffer>();

  constructor(gpu: Gpu) {
    this.gpu = gpu;
  }

  /** The largest buffer that a kernel can bind whole, in bytes. */
  get limitBytes(): number {
    const { maxBindingBytes, maxBufferBytes } = this.gpu.facts;
    return Math.min(maxBindingBytes, maxBufferBytes);
  }

  /** A zeroed buffer of at least `bytes`. Throws EngineError("limit") over the adapter's limit. */
  allocate(bytes: number, label: string, usage?: GPUBufferUsageFlags): GpuBuffer {
    const size = roundUp(Math.max(bytes, 16), 16);
    const { limitBytes } = this;
    if (size > limitBytes && !this.unlimited) {
      throw new EngineError(
        "limit",
        `${label} needs one buffer of ${size} bytes; this adapter allows ${limitBytes}. Choose a shorter context or a smaller model.`,
        { label, size, limitBytes },
      );
    }
    const flags = usage ?? GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = { id: this.nextId++, gpu: this.gpu.device.createBuffer({ label, size, usage: flags }), bytes: size };
    this.allocations++;
    this.bytesInUse += size;
    this.live.set(buffer.id, buffer);
    return buffer;
  }

  free(buffer: GpuBuffer): void {
    if (!this.live.delete(buffer.id)) return;
    this.bytesInUse -= buffer.bytes;
    buffer.gpu.destroy();
  }

  freeAll(): void {
    for (const buffer of [...this.live.values()]) this.free(buffer);
  }
}

/**
 * Buffers of one step. Equal steps ask for equal sizes in equal order and so get equal buffers back,
 * which lets bind groups come from a cache. A size class is a multiple of 256 bytes.
 */
export class Arena {
  private readonly buffers: Buffers;
  private readonly idle = new Map<number, GpuBuffer[]>();
  private readonly taken = new Map<GpuBuffer, number>();
  private readonly owned: GpuBuffer[] = [];

  constructor(buffers: Buffers) {
    this.buffers = buffers;
  }

  take(bytes: number, label: string): GpuBuffer {
    const size = roundUp(Math.max(bytes, 1), BINDING_ALIGNMENT_BYTES);
    const buffer = this.idle.get(size)?.pop() ?? this.grow(size, label);
    this.taken.set(buffer, size);
    return buffer;
  }

  /** Gives one buffer back within the step; later takes of this step may get it. */
  release(buffer: GpuBuffer): void {
    const size = this.taken.get(buffer);
    invariant(size !== undefined, "bug", "a buffer was released that this step had not taken");
    this.taken.delete(buffer);
    const list = this.idle.get(size);
    if (list) list.push(buffer);
    else this.idle.set(size, [buffer]);
  }

  /** What has been taken since `mark`, newest last. */
  takenSince(mark: number): GpuBuffer[] {
    return [...this.taken.keys()].slice(mark);
  }

  get mark(): number {
    return this.taken.size;
  }

  /** Ends the step: everything comes back, in an order that does not depend on how the step went. */
  reset(): void {
    this.taken.clear();
    this.idle.clear();
    for (const buffer of [...this.owned].sort((a, b) => b.id - a.id)) {
      const list = this.idle.get(buffer.bytes);
      if (list) list.push(buffer);
      else this.idle.set(buffer.bytes, [buffer]);
    }
  }

  /** Frees all its memory, between runs of different shapes. */
  free(): void {
    for (const buffer of this.owned) this.buffers.free(buffer);
    this.owned.length = 0;
    this.reset();
  }

  private grow(size: number, label: string): GpuBuffer {
    const buffer = this.buffers.allocate(size, label);
    this.owned.push(buffer);
    return buffer;
  }
}
