// Uniform buffers by their contents: equal dispatches share one that is written once.
import { EngineError } from "../errors.ts";
import type { Buffers, GpuBuffer } from "./buffers.ts";
import type { Gpu } from "./device.ts";
import type { EntryPoint } from "./wgsl.ts";

/** Values of a kernel's uniform, by the field names of its WGSL struct. */
export type Uniform = Readonly<Record<string, number>>;

export class Uniforms {
  readonly layout: GPUBindGroupLayout;
  /** Buffers and bind groups made so far. */
  created = 0;
  private readonly gpu: Gpu;
  private readonly buffers: Buffers;
  private readonly known = new Map<string, { buffer: GpuBuffer; group: GPUBindGroup }>();

  constructor(gpu: Gpu, buffers: Buffers) {
    this.gpu = gpu;
    this.buffers = buffers;
    this.layout = gpu.device.createBindGroupLayout({
      label: "uniform",
      entries: [{ binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: "uniform" } }],
    });
  }

  /** The bind group with these values; undefined for a kernel without a uniform. Throws "bug" for other fields than those of the WGSL. */
  of({ fields }: EntryPoint, values: Uniform, label: string): GPUBindGroup | undefined {
    const given = Object.keys(values);
    if (given.length !== fields.length || fields.some(({ name }) => !(name in values))) {
      throw new EngineError(
        "bug",
        `${label}: expected uniform {${fields.map((f) => f.name).join(", ")}}, got {${given.join(", ")}}`,
      );
    }
    if (fields.length === 0) return undefined;
    const key = fields.map(({ name, type }) => `${type}${String(values[name])}`).join();
    const known = this.known.get(key);
    if (known) return known.group;
    const buffer = this.write(fields, values, label);
    const group = this.gpu.device.createBindGroup({
      label: `${label} uniform`,
      layout: this.layout,
      entries: [{ binding: 0, resource: { buffer: buffer.gpu } }],
    });
    this.known.set(key, { buffer, group });
    this.created++;
    return group;
  }

  private write(fields: EntryPoint["fields"], values: Uniform, label: string): GpuBuffer {
    const data = new DataView(new ArrayBuffer(Math.ceil(fields.length / 4) * 16));
    fields.forEach(({ name, type }, i) => {
      const value = values[name] ?? 0;
      if (type === "f32") data.setFloat32(4 * i, value, true);
      else if (type === "u32") data.setUint32(4 * i, value, true);
      else data.setInt32(4 * i, value, true);
    });
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const buffer = this.buffers.allocate(data.byteLength, `${label} uniform`, usage);
    this.gpu.device.queue.writeBuffer(buffer.gpu, 0, data.buffer);
    return buffer;
  }

  /** Frees those whose buffers have at least the id `from`. */
  forget(from: number): void {
    for (const [key, { buffer }] of this.known) {
      if (buffer.id < from) continue;
      this.buffers.free(buffer);
      this.known.delete(key);
    }
  }
}
