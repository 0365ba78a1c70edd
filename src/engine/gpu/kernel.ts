// Kernels: WGSL entry points, compiled once per device. Bind groups and uniforms come from caches, so a repeated step creates nothing.
import { EngineError, invariant } from "../errors.ts";
import type { Buffers, GpuBuffer } from "./buffers.ts";
import type { Gpu } from "./device.ts";
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

/** A range of a buffer; offset and size in bytes. */
export interface Binding {
  readonly buffer: GpuBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** Values of a kernel's uniform, by the field names of its WGSL struct. */
export type Uniform = Readonly<Record<string, number>>;
/** Workgroup counts of a dispatch. */
export type Groups = readonly [x: number, y?: number, z?: number];

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

interface Kernel extends Compiled {
  /** What this kernel dispatched, in order: a repeated step asks for the same again. */
  readonly past: Past[];
  /** Which of `past` the next dispatch probably repeats. */
  next: number;
}

/** A dispatch and what it was made from. */
interface Past {
  readonly args: readonly Binding[];
  /** In the order of the uniform's fields. */
  readonly values: readonly number[];
  readonly dispatch: Dispatch;
}

/** Dispatches that a kernel remembers: more than the layers of any model times the uses of a kernel in a layer. */
const MOST_PAST = 1024;

function isRepeated(past: Past, { fields }: EntryPoint, args: readonly Binding[], uniform: Uniform): boolean {
  if (args.length !== past.args.length) return false;
  for (let i = 0; i < args.length; i++) {
    const [one, other] = [args[i], past.args[i]];
    if (one?.buffer !== other?.buffer || one?.offset !== other?.offset || one?.bytes !== other?.bytes) return false;
  }
  for (let i = 0; i < fields.length; i++) if (uniform[fields[i]?.name ?? ""] !== past.values[i]) return false;
  return true;
}

const sameGroups = (a: Groups, b: Groups): boolean => a[0] === b[0] && a[1] === b[1] && a[2] === b[2];

/** A dispatch ready to be encoded. */
export interface Dispatch {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly groups: Groups;
  readonly bindings: GPUBindGroup;
  readonly uniform: GPUBindGroup | undefined;
}

/** Inserts a dispatch where it was not expected. */
function remember(kernel: Kernel, past: Past): void {
  if (kernel.past.length >= MOST_PAST) {
    kernel.past.length = 0;
    kernel.next = 0;
  }
  const found = kernel.past.findIndex(
    ({ dispatch }) =>
      dispatch.bindings === past.dispatch.bindings &&
      dispatch.uniform === past.dispatch.uniform &&
      sameGroups(dispatch.groups, past.dispatch.groups),
  );
  if (found >= 0) kernel.next = (found + 1) % kernel.past.length;
  else {
    kernel.past.push(past);
    kernel.next = 0;
  }
}

export class Kernels {
  /** Pipelines, bind groups and uniform buffers made so far; a test checks that a repeated step adds none. */
  created = 0;
  private readonly gpu: Gpu;
  private readonly buffers: Buffers;
  private readonly compiled: Map<KernelSpec, Compiled>;
  private readonly kernels = new Map<KernelSpec, Kernel>();
  private readonly warming = new Set<KernelSpec>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();
  private readonly bindGroups = new Map<string, GPUBindGroup>();
  private readonly uniforms = new Map<string, { buffer: GpuBuffer; group: GPUBindGroup }>();
  private readonly uniformLayout: GPUBindGroupLayout;

  constructor(gpu: Gpu, buffers: Buffers) {
    this.gpu = gpu;
    this.buffers = buffers;
    this.compiled = compiledOn(gpu.device);
    this.uniformLayout = gpu.device.createBindGroupLayout({
      label: "uniform",
      entries: [{ binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: "uniform" } }],
    });
  }

  /** Everything that one dispatch of `spec` needs, from the caches or made now. `args` are in the order of the WGSL bindings. Throws "bug" for arguments that the WGSL does not take. */
  prepare(spec: KernelSpec, args: readonly Binding[], uniform: Uniform, groups: Groups): Dispatch {
    const kernel = this.kernels.get(spec) ?? this.keep(spec, this.compiled.get(spec) ?? this.compile(spec));
    const { past } = kernel;
    const expected = past[kernel.next];
    if (expected && sameGroups(expected.dispatch.groups, groups) && isRepeated(expected, kernel.point, args, uniform)) {
      kernel.next = (kernel.next + 1) % past.length;
      return expected.dispatch;
    }
    const dispatch = this.make(kernel, spec.label, { args, uniform, groups });
    remember(kernel, { args, values: kernel.point.fields.map(({ name }) => uniform[name] ?? 0), dispatch });
    return dispatch;
  }

  private make(
    kernel: Kernel,
    label: string,
    { args, uniform, groups }: { args: readonly Binding[]; uniform: Uniform; groups: Groups },
  ): Dispatch {
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
      uniform: this.uniform(kernel.point, uniform, label),
    };
  }

  /** Drops the cached bind groups, after buffers were freed. Pipelines and uniforms stay. */
  forgetBindings(): void {
    this.bindGroups.clear();
    for (const kernel of this.kernels.values()) {
      kernel.past.length = 0;
      kernel.next = 0;
    }
  }

  /**
   * Drops the cached uniforms too: those of shapes that are gone, or that an error of the GPU may have spoilt. from: only those whose buffers
   * have at least this id.
   */
  forgetUniforms(from = 0): void {
    this.forgetBindings();
    for (const [key, { buffer }] of this.uniforms) {
      if (buffer.id < from) continue;
      this.buffers.free(buffer);
      this.uniforms.delete(key);
    }
  }

  /** Compiles a kernel ahead of its first dispatch; several compile in parallel on the browser's threads. Throws "shader" if it does not compile. */
  async warm(spec: KernelSpec): Promise<void> {
    if (this.compiled.has(spec) || this.warming.has(spec)) return;
    this.warming.add(spec);
    const { point, layout, descriptor } = this.describe(spec);
    try {
      const pipeline = await this.gpu.device.createComputePipelineAsync(descriptor);
      if (!this.compiled.has(spec)) this.compiled.set(spec, { point, layout, pipeline });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const refused = `The GPU refused the kernel "${spec.label}": ${message}`;
      throw await this.gpu.lossOr(new EngineError("shader", refused, { label: spec.label }));
    } finally {
      this.warming.delete(spec);
    }
  }

  private compile(spec: KernelSpec): Compiled {
    const { point, layout, descriptor } = this.describe(spec);
    const compiled = { point, layout, pipeline: this.gpu.device.createComputePipeline(descriptor) };
    this.compiled.set(spec, compiled);
    return compiled;
  }

  private keep(spec: KernelSpec, compiled: Compiled): Kernel {
    const kernel = { ...compiled, past: [], next: 0 };
    this.kernels.set(spec, kernel);
    this.created++;
    return kernel;
  }

  private describe(spec: KernelSpec): {
    point: EntryPoint;
    layout: GPUBindGroupLayout;
    descriptor: GPUComputePipelineDescriptor;
  } {
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
        bindGroupLayouts: point.fields.length > 0 ? [layout, this.uniformLayout] : [layout],
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
    this.created++;
    return group;
  }

  /** Uniform buffers are keyed by their contents, so equal dispatches share one that is written once. */
  private uniform(point: EntryPoint, values: Uniform, label: string): GPUBindGroup | undefined {
    const { fields } = point;
    const given = Object.keys(values);
    if (given.length !== fields.length || fields.some(({ name }) => !(name in values))) {
      throw new EngineError(
        "bug",
        `${label}: expected uniform {${fields.map((f) => f.name).join(", ")}}, got {${given.join(", ")}}`,
      );
    }
    if (fields.length === 0) return undefined;
    const key = fields.map(({ name, type }) => `${type}${String(values[name])}`).join();
    const known = this.uniforms.get(key);
    if (known) return known.group;
    const data = new DataView(new ArrayBuffer(Math.ceil(fields.length / 4) * 16));
    fields.forEach(({ name, type }, i) => {
      const value = values[name] ?? 0;
      if (type === "f32") data.setFloat32(4 * i, value, true);
      else if (type === "u32") data.setUint32(4 * i, value, true);
      else data.setInt32(4 * i, value, true);
    });
    const buffer = this.buffers.allocate(
      data.byteLength,
      `${label} uniform`,
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    );
    this.gpu.device.queue.writeBuffer(buffer.gpu, 0, data.buffer);
    const group = this.gpu.device.createBindGroup({
      label: `${label} uniform`,
      layout: this.uniformLayout,
      entries: [{ binding: 0, resource: { buffer: buffer.gpu } }],
    });
    this.uniforms.set(key, { buffer, group });
    this.created++;
    return group;
  }
}
