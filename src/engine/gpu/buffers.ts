// GPU memory: buffers that live as long as a model, and the arena, whose buffers are reused at the end of each step.
import { EngineError, invariant } from "../errors.ts";
import type { Gpu } from "./device.ts";

/** A GPU buffer with a number, which caches use as a key. */
export interface GpuBuffer {
  readonly id: number;
  readonly gpu: GPUBuffer;
  readonly bytes: number;
}

/** Bindings start at multiples of 256 bytes (WebGPU's minStorageBufferOffsetAlignment). */
export const BINDING_ALIGNMENT_BYTES = 256;

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** Allocates, counts and frees buffers. */
export class Buffers {
  /** Buffers allocated so far; a test checks that a repeated step adds none. */
  allocations = 0;
  bytesInUse = 0;
  /** Set by plans, which allocate nothing: buffers over the limit are then counted instead of refused. */
  unlimited = false;
  private readonly gpu: Gpu;
  private nextId = 1;
  private readonly live = new Map<number, GpuBuffer>();

  constructor(gpu: Gpu) {
    this.gpu = gpu;
  }

  /** Size of the largest buffer that a kernel can bind, in bytes. */
  get limitBytes(): number {
    const { maxBindingBytes, maxBufferBytes } = this.gpu.facts;
    return Math.min(maxBindingBytes, maxBufferBytes);
  }

  /** A zeroed buffer of at least `bytes`. Throws EngineError("limit") above the adapter's limit. */
  allocate(bytes: number, label: string, usage?: GPUBufferUsageFlags): GpuBuffer {
    const size = roundUp(Math.max(bytes, 16), 16);
    const { limitBytes } = this;
    if (size > limitBytes && !this.unlimited) {
      throw new EngineError(
        "limit",
        `${label}: expected at most ${limitBytes} bytes per buffer on this adapter, got ${size}. Choose a shorter context or a smaller model.`,
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
 * The buffers of one step. Equal steps take equal sizes in the same order and so get the same buffers, which lets bind groups come
 * from a cache. Sizes are rounded up to multiples of 256 bytes. Where memory is short, steps of different shapes take turns: a step that
 * needs more buffers than `limitBytes` leaves room for frees those that only other steps have used.
 */
export class Arena {
  /** Bytes of all buffers together above which those of other steps are freed. */
  limitBytes = Infinity;
  /** Called after buffers of other steps were freed. */
  onFreed: () => void = () => undefined;
  private readonly buffers: Buffers;
  private readonly idle = new Map<number, GpuBuffer[]>();
  /** The buffers in use, with their places in `takes`. */
  private readonly taken = new Map<GpuBuffer, number>();
  /** All takes of the step, in order. */
  private takes: GpuBuffer[] = [];
  /** Buffers that commands of this step use. */
  private readonly used = new Set<GpuBuffer>();
  private owned: GpuBuffer[] = [];

  constructor(buffers: Buffers) {
    this.buffers = buffers;
  }

  take(bytes: number, label: string): GpuBuffer {
    const size = roundUp(Math.max(bytes, 1), BINDING_ALIGNMENT_BYTES);
    const buffer = this.idle.get(size)?.pop() ?? this.grow(size, label);
    this.used.add(buffer);
    this.taken.set(buffer, this.takes.push(buffer) - 1);
    return buffer;
  }

  /** Releases a buffer within the step, for later takes of the same step. */
  release(buffer: GpuBuffer): void {
    invariant(this.taken.delete(buffer), "bug", "expected to release a buffer of this step, got another one");
    const list = this.idle.get(buffer.bytes);
    if (list) list.push(buffer);
    else this.idle.set(buffer.bytes, [buffer]);
  }

  /** Whether a buffer was taken in this step and not released. */
  isTaken(buffer: GpuBuffer): boolean {
    return this.taken.has(buffer);
  }

  /** Buffers taken since `mark` was read and not released, oldest first. */
  takenSince(mark: number): GpuBuffer[] {
    return this.takes.slice(mark).filter((buffer, i) => this.taken.get(buffer) === mark + i);
  }

  /** Number of takes in this step. */
  get mark(): number {
    return this.takes.length;
  }

  /** Ends the step: all buffers become free, in an order that does not depend on what the step did. */
  reset(): void {
    this.taken.clear();
    this.takes = [];
    this.used.clear();
    this.idle.clear();
    for (const buffer of [...this.owned].sort((a, b) => b.id - a.id)) {
      const list = this.idle.get(buffer.bytes);
      if (list) list.push(buffer);
      else this.idle.set(buffer.bytes, [buffer]);
    }
  }

  /** Frees all memory of the arena; for use between runs of different shapes. */
  free(): void {
    for (const buffer of this.owned) this.buffers.free(buffer);
    this.owned = [];
    this.reset();
  }

  /** Frees buffers of other steps, oldest first, until `size` more bytes fit. */
  private makeRoom(size: number): void {
    let over = this.owned.reduce((sum, { bytes }) => sum + bytes, size) - this.limitBytes;
    if (over <= 0) return;
    const freed = new Set<GpuBuffer>();
    for (const buffer of this.owned) {
      if (over <= 0) break;
      if (this.used.has(buffer)) continue;
      freed.add(buffer);
      over -= buffer.bytes;
      this.buffers.free(buffer);
    }
    if (freed.size === 0) return;
    this.owned = this.owned.filter((buffer) => !freed.has(buffer));
    for (const [bytes, list] of this.idle) {
      this.idle.set(
        bytes,
        list.filter((buffer) => !freed.has(buffer)),
      );
    }
    this.onFreed();
  }

  private grow(size: number, label: string): GpuBuffer {
    this.makeRoom(size);
    const buffer = this.buffers.allocate(size, label);
    this.owned.push(buffer);
    return buffer;
  }
}
