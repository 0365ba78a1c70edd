// Kernels: WGSL entry points, compiled once per device. Bind groups and uniforms come from caches, so a repeated step creates nothing.
import { EngineError, invariant } from "../errors.ts";
import type { Buffers } from "./buffers.ts";
import type { Gpu } from "./device.ts";
import { type Binding, type Dispatch, type DispatchWish, type Groups, PastDispatches } from "./pastDispatches.ts";
import { type Uniform, Uniforms } from "./uniforms.ts";
import { type EntryPoint, readEntryPoint } from "./wgsl.ts";

/** A WGSL entry point. Make each spec once, at module level: the object itself is the key of the pipeline cache. */
export interface KernelSpec {
  /** Names the kernel in errors and profiles. */
  readonly label: string;
  /** The full WGSL text: the snippets of shaders/lib that the op's file needs, then the file. */
  readonly code: string;
  readonly entry: string;
  /** Values of `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
}

interface Compiled {
  readonly point: EntryPoint;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** What each device has compiled, for every context on it. */
const COMPILED = new WeakMap<GPUDevice, Map<KernelSpec, Compiled>>();

function compiledOn(device: GPUDevice): Map<KernelSpec, Compiled> {
  const compiled = COMPILED.get(device) ?? new Map<KernelSpec, Compiled>();
  COMPILED.set(device, compiled);
  return compiled;
}

/** What a pipeline is made of. */
interface Description {
  readonly point: EntryPoint;
  readonly layout: GPUBindGroupLayout;
  readonly descriptor: GPUComputePipelineDescriptor;
}

interface Kernel extends Compiled {
  readonly past: PastDispatches;
}

export class Kernels {
  private readonly gpu: Gpu;
  private readonly compiled: Map<KernelSpec, Compiled>;
  private readonly kernels = new Map<KernelSpec, Kernel>();
  private readonly warming = new Map<KernelSpec, Promise<void>>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();
  private readonly bindGroups = new Map<string, GPUBindGroup>();
  private readonly uniforms: Uniforms;
  private made = 0;

  constructor(gpu: Gpu, buffers: Buffers) {
    this.gpu = gpu;
    this.compiled = compiledOn(gpu.device);
    this.uniforms = new Uniforms(gpu, buffers);
  }

  /** Pipelines, bind groups and uniform buffers made so far; a test checks that a repeated step adds none. */
  get created(): number {
    return this.made + this.uniforms.created;
  }

  /** Everything that one dispatch of `spec` needs, from the caches or made now. `args` are in the order of the WGSL bindings. Throws "bug" for arguments that the WGSL does not take. */
  prepare(spec: KernelSpec, args: readonly Binding[], uniform: Uniform, groups: Groups): Dispatch {
    const kernel = this.kernels.get(spec) ?? this.keep(spec, this.compiled.get(spec) ?? this.compile(spec));
    const wanted = { args, uniform, groups };
    return kernel.past.repeated(wanted) ?? kernel.past.remember(wanted, this.make(kernel, spec.label, wanted));
  }

  private make(kernel: Kernel, label: string, { args, uniform, groups }: DispatchWish): Dispatch {
    const { bindings } = kernel.point;
    invariant(
      args.length === bindings.length,
      "bug",
      () =>
        `${label}: expected ${bindings.length} buffers (${bindings.map((b) => b.name).join(", ")}), got ${args.length}`,
    );
    const max = this.gpu.device.limits.maxComputeWorkgroupsPerDimension;
    for (const count of groups) {
      invariant(
        count !== undefined && Number.isInteger(count) && count > 0 && count <= max,
        "bug",
        () => `${label}: expected workgroup counts from 1 to ${max}, got ${groups.join(" x ")}`,
      );
    }
    return {
      label,
      pipeline: kernel.pipeline,
      groups,
      bindings: this.bindGroup(kernel, args, label),
      uniform: this.uniforms.of(kernel.point, uniform, label),
    };
  }

  /** Drops the cached bind groups, after buffers were freed. Pipelines and uniforms stay. */
  forgetBindings(): void {
    this.bindGroups.clear();
    for (const { past } of this.kernels.values()) past.forget();
  }

  /**
   * Drops the cached uniforms too: those of shapes that are gone, or that an error of the GPU may have spoilt. from: only those whose buffers
   * have at least this id.
   */
  forgetUniforms(from = 0): void {
    this.forgetBindings();
    this.uniforms.forget(from);
  }

  /**
   * Compiles a kernel ahead of its first dispatch; several compile in parallel on the browser's threads. Throws "shader" if it does not compile,
   * which then is no error of other work.
   */
  async warm(spec: KernelSpec): Promise<void> {
    if (this.compiled.has(spec)) return;
    const known = this.warming.get(spec);
    if (known) return known;
    const compiling = this.compileAhead(spec).finally(() => this.warming.delete(spec));
    this.warming.set(spec, compiling);
    return compiling;
  }

  private async compileAhead(spec: KernelSpec): Promise<void> {
    const { device } = this.gpu;
    device.pushErrorScope("validation");
    let described: Description;
    let compiling: Promise<GPUComputePipeline>;
    let fault: Promise<GPUError | null>;
    try {
      described = this.describe(spec);
      compiling = device.createComputePipelineAsync(described.descriptor);
    } finally {
      fault = device.popErrorScope().catch(() => null);
    }
    try {
      const pipeline = await compiling;
      const { point, layout } = described;
      if (!this.compiled.has(spec)) this.compiled.set(spec, { point, layout, pipeline });
    } catch (error) {
      const message = (await fault)?.message ?? (error instanceof Error ? error.message : String(error));
      const refused = `The GPU refused the kernel "${spec.label}": ${message}`;
      throw await this.gpu.lossOr(new EngineError("shader", refused, { label: spec.label }));
    }
  }

  private compile(spec: KernelSpec): Compiled {
    const { point, layout, descriptor } = this.describe(spec);
    const compiled = { point, layout, pipeline: this.gpu.device.createComputePipeline(descriptor) };
    this.compiled.set(spec, compiled);
    return compiled;
  }

  private keep(spec: KernelSpec, compiled: Compiled): Kernel {
    const kernel = { ...compiled, past: new PastDispatches(compiled.point.fields) };
    this.kernels.set(spec, kernel);
    this.made++;
    return kernel;
  }

  private describe(spec: KernelSpec): Description {
    const { device } = this.gpu;
    const point = readEntryPoint(spec.code, spec.entry, spec.label);
    const signature = point.bindings.map((binding) => binding.access).join();
    let layout = this.layouts.get(signature);
    if (!layout) {
      layout = device.createBindGroupLayout({
        label: signature,
        entries: point.bindings.map(({ access }, binding) => ({
          binding,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: access === "read" ? "read-only-storage" : "storage" },
        })),
      });
      this.layouts.set(signature, layout);
    }
    const module = device.createShaderModule({ label: spec.label, code: spec.code });
    const descriptor: GPUComputePipelineDescriptor = {
      label: spec.label,
      layout: device.createPipelineLayout({
        label: spec.label,
        bindGroupLayouts: point.fields.length > 0 ? [layout, this.uniforms.layout] : [layout],
      }),
      compute: { module, entryPoint: spec.entry, constants: { ...spec.constants } },
    };
    return { point, layout, descriptor };
  }

  private bindGroup(kernel: Kernel, args: readonly Binding[], label: string): GPUBindGroup {
    const signature = kernel.point.bindings.map((binding) => binding.access).join();
    const key = `${signature}|${args.map((arg) => `${arg.buffer.id}:${arg.offset}:${arg.bytes}`).join()}`;
    const known = this.bindGroups.get(key);
    if (known) return known;
    const group = this.gpu.device.createBindGroup({
      label,
      layout: kernel.layout,
      entries: args.map(({ buffer, offset, bytes }, binding) => ({
        binding,
        resource: { buffer: buffer.gpu, offset, size: bytes },
      })),
    });
    this.bindGroups.set(key, group);
    this.made++;
    return group;
  }
}
