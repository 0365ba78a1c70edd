// What an op needs to run: the device and its caches, the arena of the step, the commands recorded so far and, when training, a tape.
import { invariant } from "./errors.ts";
import { Arena, Buffers, type GpuBuffer } from "./gpu/buffers.ts";
import { StepCommands } from "./gpu/stepCommands.ts";
import type { Gpu } from "./gpu/device.ts";
import { type KernelSpec, Kernels } from "./gpu/kernel.ts";
import type { Uniform } from "./gpu/uniforms.ts";
import type { Groups } from "./gpu/pastDispatches.ts";
import type { Profile } from "./gpu/profile.ts";
import { readBuffer } from "./gpu/readback.ts";
import type { GradParts } from "./gradients.ts";
import { LOGITS_BYTES } from "./logitsSize.ts";
import { MATMUL_KERNELS, type MatmulTable } from "./matmul/matmulTable.ts";
import { type MatmulChoice, usualMatmul } from "./matmul/matmulVariants.ts";
import type { Backward, Tape } from "./tape.ts";
import { bindingOf, bytesOfShape, type DType, elementBytes, type Tensor } from "./tensor.ts";

/** The first `blocks` blocks are computed again, `group` of them at a time. The residual stream is kept before each group. */
export interface Recompute {
  readonly blocks: number;
  readonly group: number;
}

export class Ctx {
  readonly gpu: Gpu;
  readonly buffers: Buffers;
  readonly kernels: Kernels;
  /** Set during a training step: ops record their backward on it. */
  tape: Tape | undefined;
  /** If set, times every dispatch (for benchmarks). */
  profile: Profile | undefined;
  /** Which matmul kernels run: guessed from the kind of adapter until ops/registry/tune.ts has measured them. A table chooses by shape. */
  matmul: MatmulChoice | MatmulTable;
  /** Largest number of bytes of logits in memory at a time; a loss over more rows computes them in chunks. */
  logitsBytes = LOGITS_BYTES;
  /** Which blocks of a model a training step computes again in its backward, instead of keeping their activations. */
  recompute: Recompute = { blocks: 0, group: 1 };
  /** Whether there is memory for a pruned model with weights of its own, beside the dense one. */
  compact = true;
  private readonly arena: Arena;
  private readonly uploads: Arena;
  private readonly commands: StepCommands;
  private inStep = false;
  /** Errors of the GPU that have been dealt with. */
  private failures = 0;
  private warming: Promise<void>[] | undefined;
  /** Set while a segment is computed again: what waits for the next dispatch (see `unread`). */
  private waiting: { work?: () => void } | undefined;

  constructor(gpu: Gpu) {
    this.gpu = gpu;
    this.matmul = usualMatmul(gpu.facts);
    this.buffers = new Buffers(gpu);
    this.kernels = new Kernels(gpu, this.buffers);
    this.commands = new StepCommands(gpu);
    this.arena = new Arena(this.buffers);
    this.uploads = new Arena(this.buffers);
    this.arena.onFreed = () => this.kernels.forgetBindings();
  }

  /** Bytes of step buffers above which a step frees those of steps of other shapes, which then allocate them again; default: no limit. */
  set stepBytes(bytes: number) {
    this.arena.limitBytes = bytes;
  }

  /** The matmul kernels in use as a table, for receipts and checkpoints. */
  get matmulTable(): MatmulTable {
    const { matmul } = this;
    return typeof matmul === "string" ? { kernels: MATMUL_KERNELS, default: matmul, classes: {} } : matmul;
  }

  /** A tensor that outlives steps (weights, optimiser state): zeros, or `data`. */
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

  /** Overwrites a tensor from the CPU, before the commands of the step that is being recorded. Throws "shape" for another number of bytes. */
  write(tensor: Tensor, data: ArrayBufferView): void {
    const bytes = bytesOfShape(tensor.shape, tensor.dtype);
    invariant(
      data.byteLength === bytes,
      "shape",
      () => `${tensor.label}: expected ${bytes} bytes, got ${data.byteLength}`,
    );
    this.gpu.device.queue.writeBuffer(
      tensor.buffer.gpu,
      tensor.offset * elementBytes(tensor.dtype),
      data.buffer,
      data.byteOffset,
      data.byteLength,
    );
  }

  /** Overwrites a part of a matrix, from the element `first` on. It has to begin at a whole u32, and so has what follows it. */
  writePart(tensor: Tensor, first: number, data: ArrayBufferView): void {
    const at = (tensor.offset + first) * elementBytes(tensor.dtype);
    this.gpu.device.queue.writeBuffer(tensor.buffer.gpu, at, data.buffer, data.byteOffset, data.byteLength);
  }

  /** A tensor that lives until the end of the step. Its values are undefined until a kernel writes them. */
  empty(shape: readonly number[], label: string, options: { dtype?: DType; requiresGrad?: boolean } = {}): Tensor {
    invariant(this.inStep, "bug", `${label}: make tensors of a step inside ctx.step`);
    const dtype = options.dtype ?? "f32";
    // Training keeps to exact sizes: its many live buffers would take larger ones from each other.
    const buffer = this.arena.take(bytesOfShape(shape, dtype), label, !this.tape);
    return {
      label,
      buffer,
      offset: 0,
      shape: [...shape],
      dtype,
      requiresGrad: options.requiresGrad ?? false,
    };
  }

  /** A tensor like those of `empty` that lives only until `work` returns; later tensors of the step may reuse its memory, even under a tape. */
  scratch(shape: readonly number[], label: string, work: (tensor: Tensor) => void): void {
    const tensor = this.empty(shape, label);
    work(tensor);
    this.arena.release(tensor.buffer);
  }

  /** A tensor of this step with values from the CPU. Its buffer is not reused within the step. */
  upload(
    data: Float32Array | Uint32Array | Int32Array,
    shape: readonly number[],
    label: string,
    requiresGrad = false,
  ): Tensor {
    invariant(this.inStep, "bug", `${label}: make tensors of a step inside ctx.step`);
    const buffer = this.uploads.take(data.byteLength, label);
    const dtype: DType = data instanceof Float32Array ? "f32" : data instanceof Uint32Array ? "u32" : "i32";
    const tensor: Tensor = { label, buffer, offset: 0, shape: [...shape], dtype, requiresGrad };
    this.write(tensor, data);
    return tensor;
  }

  /** Encodes one dispatch of `groups` workgroups. `args` are in the order of the WGSL bindings: inputs, then outputs. */
  run(spec: KernelSpec, args: readonly Tensor[], uniform: Uniform, groups: Groups): void {
    invariant(this.inStep, "bug", `${spec.label}: dispatch kernels inside ctx.step`);
    this.dispatchWaiting();
    if (this.warming) {
      this.warming.push(this.kernels.warm(spec));
      return;
    }
    this.commands.encode(this.kernels.prepare(spec, args.map(bindingOf), uniform, groups), this.profile);
  }

  /**
   * Counts the arithmetic that was just dispatched, and submits once it reaches a limit: adapters stop programs whose submits take seconds.
   * Equal steps are cut at the same places. A small model's step stays one submit.
   */
  spend(flop: number): void {
    if (this.commands.spend(flop)) this.submit();
  }

  /**
   * Runs `work`, which computes what no backward reads. Where a segment is computed again, this waits for the next dispatch: the last result of
   * the segment is still in memory, so it is not computed twice.
   */
  unread(work: () => void): void {
    this.dispatchWaiting();
    if (this.waiting) this.waiting.work = work;
    else work();
  }

  private dispatchWaiting(): void {
    const work = this.waiting?.work;
    if (!work || !this.waiting) return;
    delete this.waiting.work;
    work();
  }

  /** Whether an op on these inputs must record its backward. */
  needsGrad(...inputs: readonly Tensor[]): boolean {
    return this.tape !== undefined && inputs.some((input) => input.requiresGrad);
  }

  /** Records the backward of `out` if it needs a gradient, and returns `out`. Ops call it last. */
  record(out: Tensor, inputs: readonly Tensor[], backward: Backward): Tensor {
    if (out.requiresGrad) this.tape?.record(out, inputs, backward);
    return out;
  }

  /** `record` for an op with two outputs (see Tape.recordTwo). */
  recordTwo(outs: readonly [Tensor, Tensor], inputs: readonly Tensor[], backward: Backward): readonly [Tensor, Tensor] {
    if (outs[0].requiresGrad) this.tape?.recordTwo(outs, inputs, backward);
    return outs;
  }

  /** Where to write gradients as sums over blocks of rows (see Gradients.parts). */
  gradParts(tensors: readonly Tensor[], count: number): GradParts {
    invariant(this.tape, "bug", "expected a tape to take gradients from, got none");
    return this.tape.gradients.parts(tensors, count);
  }

  /** Where to write the gradient of `tensor` (see Gradients.target). */
  gradTarget(tensor: Tensor): Tensor {
    invariant(this.tape, "bug", `${tensor.label}: expected a tape to take gradients from, got none`);
    return this.tape.gradients.target(tensor);
  }

  /** Runs one step: submits everything that `work` dispatches, then frees the step's buffers for the next one. */
  step<T>(work: () => T): T {
    invariant(!this.inStep, "bug", "expected no step under way: ctx.step does not nest");
    this.dropInvalid();
    this.inStep = true;
    try {
      const result = work();
      this.submit();
      return result;
    } finally {
      this.commands.drop();
      this.inStep = false;
      this.tape = undefined;
      const trimmed = [this.arena.reset(), this.uploads.reset()];
      if (trimmed.includes(true)) this.kernels.forgetUniforms();
    }
  }

  /** Compiles all kernels that `work` (one or more steps) would dispatch, in parallel, and dispatches nothing. */
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

  /** Submits what has been encoded so far within a step, so that a long forward does not occupy the GPU in one piece. */
  submit(): void {
    this.commands.submit(this.profile);
  }

  /**
   * A part of a forward pass, such as a block. Nothing outside reads what `work` makes, except its results. Without a tape, the rest is released
   * at once; with one, after the backward of the segment, and with `again` also now: the segment then runs again in the backward pass.
   */
  segment(work: () => readonly Tensor[], again = false): readonly Tensor[] {
    const { tape, arena } = this;
    if (!tape) return this.scope(work);
    const memory = {
      mark: () => arena.mark,
      takenSince: (mark: number) => arena.takenSince(mark),
      release: (buffer: GpuBuffer) => {
        if (arena.isTaken(buffer)) arena.release(buffer);
      },
    };
    return tape.segment({ work, memory, ...(again ? { again: () => this.secondRun(work) } : {}) });
  }

  /** Runs a segment again, without what only computes its last result. */
  private secondRun(work: () => readonly Tensor[]): readonly Tensor[] {
    const outer = this.waiting;
    this.waiting = {};
    try {
      return work();
    } finally {
      this.waiting = outer;
    }
  }

  /** Releases the temporaries of `work`, but not its results, for later ops of the step. Releases nothing while a tape records. */
  scope<T extends Tensor | readonly Tensor[]>(work: () => T): T {
    if (this.tape) return work();
    const mark = this.arena.mark;
    const result = work();
    const kept = new Set([result].flat().map(({ buffer }) => buffer));
    for (const buffer of this.arena.takenSince(mark)) if (!kept.has(buffer)) this.arena.release(buffer);
    return result;
  }

  /** Releases tensors of this step that no later op reads. Releases nothing while a tape records. */
  release(...tensors: readonly Tensor[]): void {
    if (this.tape) return;
    for (const buffer of new Set(tensors.map((tensor) => tensor.buffer))) this.arena.release(buffer);
  }

  /** The values of an f32 tensor. Call it between steps, or for a persistent tensor. */
  async read(tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
    return new Float32Array(await this.bytesOf(tensor));
  }

  /** The values of a u32 tensor; otherwise as `read`. */
  async readU32(tensor: Tensor): Promise<Uint32Array<ArrayBuffer>> {
    return new Uint32Array(await this.bytesOf(tensor));
  }

  /** Frees the buffers of persistent tensors. */
  free(...tensors: readonly Tensor[]): void {
    const freed = new Set<GpuBuffer>(tensors.map((tensor) => tensor.buffer));
    for (const buffer of freed) this.buffers.free(buffer);
    this.kernels.forgetBindings();
  }

  /** After an error of the GPU, buffers that were made meanwhile may be invalid, and would spoil every later step. */
  private dropInvalid(): void {
    const { failures } = this.gpu;
    if (failures === this.failures) return;
    this.failures = failures;
    this.freeStep();
    this.kernels.forgetUniforms();
  }

  /**
   * For a model whose shapes no other has: call the result when it is freed, between steps. It frees the buffers, bind groups and uniforms of
   * steps that were made in the meantime, so that memory does not grow with every architecture that is shown.
   */
  shapesFromHere(): () => void {
    const from = this.buffers.next;
    return () => {
      if (this.inStep) return;
      for (const arena of [this.arena, this.uploads]) arena.dropFrom(from);
      this.kernels.forgetUniforms(from);
    };
  }

  /** Frees the memory of steps; for use between runs of different shapes. */
  freeStep(): void {
    this.arena.free();
    this.uploads.free();
    this.kernels.forgetBindings();
  }

  private bytesOf(tensor: Tensor): Promise<ArrayBuffer> {
    const { buffer, shape, dtype } = tensor;
    const offset = tensor.offset * elementBytes(dtype);
    return readBuffer(this.gpu, this.buffers, { buffer, offset, bytes: bytesOfShape(shape, dtype) });
  }
}
