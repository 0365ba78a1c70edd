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

  /** The id of the next buffer. */
  get next(): number {
    return this.nextId;
  }

  /** Number of buffers that are not freed. */
  get count(): number {
    return this.live.size;
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

/** Idle buffers are freed while an arena owns more than this many times what its largest step took. */
const MOST_OWNED = 1.5;
/** How many times a request a buffer that serves it may be: compact models keep at least a twentieth of a width. */
const MOST_LARGER = 20;
/** Steps without a use after which a buffer may be freed, so that steps that alternate keep theirs. */
const IDLE_STEPS = 32;

/**
 * The buffers of one step. Equal steps take equal sizes in the same order and so get the same buffers, which lets bind groups come
 * from a cache. Sizes are rounded up to multiples of 256 bytes. Buffers of other shapes are freed after a while, so that memory does not
 * grow with every architecture that is shown. Where memory is short, steps of different shapes take turns: a step that needs more buffers
 * than `limitBytes` leaves room for frees those that only other steps have used.
 */
export class Arena {
  /** Bytes of all buffers together above which those of other steps are freed. */
  limitBytes = Infinity;
  /** Called after a step freed buffers of other steps to make room. */
  onFreed: () => void = () => undefined;
  private readonly buffers: Buffers;
  private readonly idle = new Map<number, GpuBuffer[]>();
  /** The buffers in use, with their places in `takes`. */
  private readonly taken = new Map<GpuBuffer, number>();
  /** All takes of the step, in order. */
  private takes: GpuBuffer[] = [];
  /** The arena's buffers, and in which step each was last taken. */
  private readonly owned = new Map<GpuBuffer, number>();
  private step = 0;
  private ownedBytes = 0;
  /** Bytes of the buffers that a step took, at most so far. */
  private largestStep = 0;

  constructor(buffers: Buffers) {
    this.buffers = buffers;
  }

  /** A buffer of at least `bytes`. loose: it may be a larger one that is idle, so that models of other widths need no memory of their own. */
  take(bytes: number, label: string, loose = false): GpuBuffer {
    const size = roundUp(Math.max(bytes, 1), BINDING_ALIGNMENT_BYTES);
    const buffer = this.idle.get(size)?.pop() ?? (loose ? this.larger(size) : undefined) ?? this.grow(size, label);
    this.owned.set(buffer, this.step);
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

  /**
   * Ends the step: all buffers become free, in an order that does not depend on what the step did. Returns whether some were given back to
   * the GPU; bind groups of them are useless then. Those of the step itself stay, so that its results can be read.
   */
  reset(): boolean {
    this.taken.clear();
    this.takes = [];
    this.idle.clear();
    const trimmed = this.trim();
    this.step += 1;
    this.listIdle();
    return trimmed;
  }

  /**
   * Between steps: frees the buffers whose ids are at least `id`, because the shapes that needed them are gone. Other steps that took some of
   * them allocate them again.
   */
  dropFrom(id: number): void {
    for (const buffer of [...this.owned.keys()]) if (buffer.id >= id) this.drop(buffer);
    this.idle.clear();
    this.listIdle();
  }

  private listIdle(): void {
    for (const buffer of [...this.owned.keys()].sort((a, b) => b.id - a.id)) {
      const list = this.idle.get(buffer.bytes);
      if (list) list.push(buffer);
      else this.idle.set(buffer.bytes, [buffer]);
    }
  }

  /** Frees what was not taken for a while, longest first, until the arena is within its limit. */
  private trim(): boolean {
    let stepBytes = 0;
    for (const [buffer, last] of this.owned) if (last === this.step) stepBytes += buffer.bytes;
    this.largestStep = Math.max(this.largestStep, stepBytes);
    const limit = MOST_OWNED * this.largestStep;
    if (this.ownedBytes <= limit) return false;
    const unused = [...this.owned].filter(([, last]) => last <= this.step - IDLE_STEPS);
    for (const [buffer] of unused.sort(([, a], [, b]) => a - b)) {
      if (this.ownedBytes <= limit) break;
      this.drop(buffer);
    }
    return unused.length > 0;
  }

  /** Frees all memory of the arena; for use between runs of different shapes. */
  free(): void {
    for (const buffer of this.owned.keys()) this.buffers.free(buffer);
    this.owned.clear();
    this.ownedBytes = 0;
    this.largestStep = 0;
    this.reset();
  }

  /** Frees buffers of other steps, oldest first, until `size` more bytes fit. */
  private makeRoom(size: number): void {
    const freed = new Set<GpuBuffer>();
    for (const [buffer, last] of this.owned) {
      if (this.ownedBytes + size <= this.limitBytes) break;
      if (last === this.step) continue;
      freed.add(buffer);
      this.drop(buffer);
    }
    if (freed.size === 0) return;
    for (const [bytes, list] of this.idle) {
      this.idle.set(
        bytes,
        list.filter((buffer) => !freed.has(buffer)),
      );
    }
    this.onFreed();
  }

  private drop(buffer: GpuBuffer): void {
    this.ownedBytes -= buffer.bytes;
    this.owned.delete(buffer);
    this.buffers.free(buffer);
  }

  /** The smallest idle buffer above `size`, if one is not far too large. */
  private larger(size: number): GpuBuffer | undefined {
    let best = Infinity;
    for (const [bytes, list] of this.idle)
      if (bytes > size && bytes < best && bytes <= MOST_LARGER * size && list.length > 0) best = bytes;
    return this.idle.get(best)?.pop();
  }

  private grow(size: number, label: string): GpuBuffer {
    this.makeRoom(size);
    const buffer = this.buffers.allocate(size, label);
    this.ownedBytes += buffer.bytes;
    return buffer;
  }
}
