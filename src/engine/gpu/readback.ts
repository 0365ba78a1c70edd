// Copies from the GPU: one awaited read, and a staging buffer for repeated reads in a running loop.
import { EngineError } from "../errors.ts";
import type { Buffers, GpuBuffer } from "./buffers.ts";
import type { Gpu } from "./device.ts";
import type { Binding } from "./pastDispatches.ts";

const STAGING = (): GPUBufferUsageFlags => GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;

/** Reads a range of a buffer (offset and size are multiples of 4) once the GPU has finished what was submitted. */
export async function readBuffer(gpu: Gpu, buffers: Buffers, { buffer, offset, bytes }: Binding): Promise<ArrayBuffer> {
  const staging = buffers.allocate(bytes, "read-back", STAGING());
  try {
    const encoder = gpu.device.createCommandEncoder({ label: "read-back" });
    encoder.copyBufferToBuffer(buffer.gpu, offset, staging.gpu, 0, bytes);
    gpu.answers.submit(encoder.finish());
    return await mapped(gpu, staging, bytes);
  } finally {
    buffers.free(staging);
  }
}

/** The contents of a staging buffer. Throws "device-lost", "out-of-memory" where the buffer could not be made, and errors that no scope caught. */
async function mapped(gpu: Gpu, staging: GpuBuffer, bytes: number): Promise<ArrayBuffer> {
  const answered = gpu.answers.begin();
  const failure = await gpu.orLost(
    staging.gpu.mapAsync(GPUMapMode.READ, 0, bytes).then(
      () => undefined,
      (error: unknown) => gpu.lossOr(unreadable(error)),
    ),
  );
  answered();
  try {
    // where memory was short, this error has the reason
    gpu.throwUncaptured();
    if (failure) throw failure;
    return staging.gpu.getMappedRange(0, bytes).slice(0);
  } finally {
    // a tap reads into the same buffer again, also after an error
    if (!failure) staging.gpu.unmap();
  }
}

const unreadable = (error: unknown): EngineError =>
  new EngineError(
    "out-of-memory",
    `The GPU's results could not be read back (${error instanceof Error ? error.message : String(error)}). Its memory may be full: close other tabs and try again.`,
  );

/** A staging buffer for repeated reads of the same size, which then allocate nothing. */
export class Tap {
  private readonly gpu: Gpu;
  private readonly buffers: Buffers;
  private readonly staging: GpuBuffer;
  private readonly bytes: number;
  private busy = false;
  private gone = false;

  constructor(gpu: Gpu, buffers: Buffers, bytes: number, label: string) {
    this.gpu = gpu;
    this.buffers = buffers;
    this.bytes = bytes;
    this.staging = buffers.allocate(bytes, `${label} tap`, STAGING());
  }

  /** True while an earlier read is under way; the caller then skips this read or uses `readBuffer`. */
  get pending(): boolean {
    return this.busy;
  }

  /** Reads from `source` at `offset` bytes. Call it between submits, not while a pass is open. */
  async read(source: GpuBuffer, offset = 0): Promise<ArrayBuffer> {
    this.busy = true;
    try {
      const encoder = this.gpu.device.createCommandEncoder({ label: "tap" });
      encoder.copyBufferToBuffer(source.gpu, offset, this.staging.gpu, 0, this.bytes);
      this.gpu.answers.submit(encoder.finish());
      return await mapped(this.gpu, this.staging, this.bytes);
    } finally {
      this.busy = false;
      if (this.gone) this.buffers.free(this.staging);
    }
  }

  /** Frees the buffer, after the read that may be under way. */
  free(): void {
    this.gone = true;
    if (!this.busy) this.buffers.free(this.staging);
  }
}
