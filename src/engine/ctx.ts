// What an op needs to run: the device and its caches, the arena of this step, the commands so far and, when training, a tape.
import { invariant } from "./errors.ts";
import { Arena, Buffers, type GpuBuffer } from "./gpu/buffers.ts";
import type { Gpu } from "./gpu/device.ts";
import { type Groups, type KernelSpec, Kernels, type Uniform } from "./gpu/kernel.ts";
import type { Profile } from "./gpu/profile.ts";
import { readBuffer } from "./gpu/readback.ts";
import { LOGITS_BYTES } from "./logitsSize.ts";
import type { Backward, Tape } from "./tape.ts";
import { bindingOf, bytesOfShape, type DType, elementBytes, type Tensor } from "./tensor.ts";

/** Floating-point operations that go out in one submit: half a second on a software adapter, a millisecond on a graphics card. */
const SUBMIT_FLOP = 2e9;

export class Ctx {
  readonly gpu: Gpu;
  readonly buffers: Buffers;
  readonly kernels: Kernels;
  /** Set by a training step; ops record themselves on it. */
  tape: Tape | undefined;
  /** Times every dispatch when set (benchmarks). */
  profile: Profile | undefined;
  /** Which matmul kernels run: a guess from the adapter's kind until ops/tune.ts has measured. */
  matmul: "quad" | "registers" | "tiled";
  /** Most bytes of logits that a loss holds at once; more rows go in several chunks. */
  logitsBytes = LOGITS_BYTES;
  private readonly arena: Arena;
  private readonly uploads: Arena;
  private encoder: GPUCommandEncoder | undefined;
  private pass: GPUComputePassEncoder | undefined;
  private inStep = false;
  private warming: Promise<void>[] | undefined;
  /** Floating-point operations that wait in the encoder. */
  private flop = 0;

  constructor(gpu: Gpu) {
    this.gpu = gpu;
    this.matmul = gpu.facts.quads ? "quad" : gpu.facts.software ? "registers" : "tiled";
    this.buffers = new Buffers(gpu);
    this.kernels = new Kernels(gpu, this.buffers);
    this.arena = new Arena(this.buffers);
    this.uploads = new Arena(this.buffers);
  }

  /** A buffer that outlives steps (weights, optimiser state), filled if data is given. */
  persistent(
    label: string,
    shape: readonly number[],
    options: { dtype?: DType; data?: ArrayBufferView; requiresGrad?: boolean } = {},
  ): Tensor {
    const dtype = options.dtype ?? "f32";
    const buffer = this.buffers.allocate(bytesOfShape(shape, dtype), label);
    const tensor: Tensor = {
      label,
      buffer,
      offset: 0,
      shape: [...shape],
      dtype,
      requiresGrad: options.requiresGrad ?? false,
    };
    if (options.data) this.write(tensor, options.data);
    return tensor;
  }

  /** Overwrites a tensor from the CPU; takes effect before the commands of the step that is being recorded. */
  write(tensor: Tensor, data: ArrayBufferView): void {
    const bytes = bytesOfShape(tensor.shape, tensor.dtype);
    invariant(
      data.byteLength === bytes,
      "shape",
      () => `${tensor.label}: ${bytes} bytes expected, ${data.byteLength} given`,
    );
    this.gpu.device.queue.writeBuffer(
      tensor.buffer.gpu,
      tensor.offset * elementBytes(tensor.dtype),
      data.buffer,
      data.byteOffset,
      data.byteLength,
    );
  }

  /** A tensor of this step, with whatever its buffer held before. */
  empty(shape: readonly number[], label: string, options: { dtype?: DType; requiresGrad?: boolean } = {}): Tensor {
    invariant(this.inStep, "bug", `${label}: tensors of a step are made inside ctx.step`);
    const dtype = options.dtype ?? "f32";
    const buffer = this.arena.take(bytesOfShape(shape, dtype), label);
    return {
      label,
      buffer,
      offset: 0,
      shape: [...shape],
      dtype,
      requiresGrad: options.requiresGrad ?? false,
    };
  }

  /** A tensor of this step filled from the CPU. Its buffer is shared with nothing else of the step. */
  upload(
    data: Float32Array | Uint32Array | Int32Array,
    shape: readonly number[],
    label: string,
    requiresGrad = false,
  ): Tensor {
    invariant(this.inStep, "bug", `${label}: tensors of a step are made inside ctx.step`);
    const buffer = this.uploads.take(data.byteLength, label);
    const dtype: DType = data instanceof Float32Array ? "f32" : data instanceof Uint32Array ? "u32" : "i32";
    const tensor: Tensor = { label, buffer, offset: 0, shape: [...shape], dtype, requiresGrad };
    this.write(tensor, data);
    return tensor;
  }

  /** Encodes one dispatch. `args` in the order of the WGSL bindings: inputs, then outputs. */
  run(spec: KernelSpec, args: readonly Tensor[], uniform: Uniform, groups: Groups): void {
    invariant(this.inStep, "bug", `${spec.label}: dispatches belong inside ctx.step`);
    if (this.warming) {
      this.warming.push(this.kernels.warm(spec));
      return;
    }
    const dispatch = this.kernels.prepare(spec, args.map(bindingOf), uniform, groups);
    this.encoder ??= this.gpu.device.createCommandEncoder({ label: "step" });
    let pass = this.pass;
    if (this.profile) pass = this.encoder.beginComputePass(this.profile.stamps(spec.label));
    else pass = this.pass ??= this.encoder.beginComputePass({ label: "step" });
    pass.setPipeline(dispatch.pipeline);
    pass.setBindGroup(0, dispatch.bindings);
    if (dispatch.uniform) pass.setBindGroup(1, dispatch.uniform);
    pass.dispatchWorkgroups(...dispatch.groups);
    if (this.profile) pass.end();
  }

  /**
   * Says how much arithmetic was just dispatched. Adapters stop a program whose submits take seconds, so what has come together is sent
   * at a limit; the same step is cut in the same places each time. A small model's step stays one submit.
   */
  spend(flop: number): void {
    this.flop += flop;
    if (this.flop >= SUBMIT_FLOP) this.submit();
  }

  /** Whether an op over these inputs must record its backward. */
  needsGrad(...inputs: readonly Tensor[]): boolean {
    return this.tape !== undefined && inputs.some((input) => input.requiresGrad);
  }

  /** Records the backward of `out` if a gradient is wanted of any input; ops call it last. */
  record(out: Tensor, inputs: readonly Tensor[], backward: Backward): Tensor {
    if (out.requiresGrad) this.tape?.record(out, inputs, backward);
    return out;
  }

  /** Where to write the gradient of `tensor` (see Tape.target). */
  gradTarget(tensor: Tensor): Tensor {
    invariant(this.tape, "bug", `${tensor.label}: a gradient was asked for without a tape`);
    return this.tape.target(tensor);
  }

  /** One step: everything `work` dispatches goes out in one submit; then the arena's buffers come back. */
  step<T>(work: () => T): T {
    invariant(!this.inStep, "bug", "ctx.step does not nest");
    this.inStep = true;
    try {
      const result = work();
      this.submit();
      return result;
    } finally {
      this.encoder = undefined;
      this.pass = undefined;
      this.inStep = false;
      this.tape = undefined;
      this.arena.reset();
      this.uploads.reset();
    }
  }

  /** Compiles all that `work` (one or more steps) would dispatch, at the same time, and dispatches nothing. */
  async warm(work: () => unknown): Promise<void> {
    const waiting: Promise<void>[] = [];
    this.warming = waiting;
    try {
      work();
    } finally {
      this.warming = undefined;
    }
    await Promise.all(waiting);
  }

  /** Sends what has been encoded so far (inside a step), so that a long forward does not keep the GPU too long in one piece. */
  submit(): void {
    this.pass?.end();
    this.pass = undefined;
    this.flop = 0;
    if (!this.encoder) return;
    this.profile?.resolve(this.encoder);
    this.gpu.device.queue.submit([this.encoder.finish()]);
    this.encoder = undefined;
  }

  /** Frees the temporaries of `work` except its result, so that later ops of the step reuse them. Does nothing while a tape records. */
  scope(work: () => Tensor): Tensor {
    if (this.tape) return work();
    const mark = this.arena.mark;
    const result = work();
    for (const buffer of this.arena.takenSince(mark)) if (buffer !== result.buffer) this.arena.release(buffer);
    return result;
  }

  /** The values of an f32 tensor. Between steps, or of a persistent tensor. */
  async read(tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
    return new Float32Array(await this.bytesOf(tensor));
  }

  /** The values of a u32 tensor. */
  async readU32(tensor: Tensor): Promise<Uint32Array<ArrayBuffer>> {
    return new Uint32Array(await this.bytesOf(tensor));
  }

  free(...tensors: readonly Tensor[]): void {
    const freed = new Set<GpuBuffer>(tensors.map((tensor) => tensor.buffer));
    for (const buffer of freed) this.buffers.free(buffer);
    this.kernels.forgetBindings();
  }

  /** Frees the arena: between runs whose shapes differ. */
  freeStep(): void {
    this.arena.free();
    this.uploads.free();
    this.kernels.forgetBindings();
  }

  private bytesOf(tensor: Tensor): Promise<ArrayBuffer> {
    return readBuffer(
      this.gpu,
      this.buffers,
      tensor.buffer,
      tensor.offset * elementBytes(tensor.dtype),
      bytesOfShape(tensor.shape, tensor.dtype),
    );
  }
}
