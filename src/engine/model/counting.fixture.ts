// The built-in model on a device that only counts, for tests of what is dispatched: the CPU decides that, so no GPU is needed.
import { readFileSync } from "node:fs";
import { readConfig } from "../config/config.ts";
import { modelTensors } from "../config/tensors.ts";
import { Ctx } from "../ctx.ts";
import { type AdapterFacts, Gpu } from "../gpu/device.ts";
import { readEntryPoint } from "../gpu/wgsl.ts";
import { cutShape, keptOf } from "../masks/compact.ts";
import { tensorGates } from "../masks/tensorGates.ts";
import { sizeOf } from "../tensor.ts";
import { loadModel, type Model } from "./load.ts";

/** A graphics card with the least workgroup memory that WebGPU allows: too little for attention by tiles. */
export const SMALL_CARD: AdapterFacts = {
  ...{ name: "", software: false, maxBufferBytes: 2 ** 31, maxBindingBytes: 2 ** 31, quads: false },
  ...{ workgroupBytes: 16_384, timestamps: false, shaderF16: false, subgroupMin: 0, subgroupMax: 0 },
};
/** A graphics card as most are. */
export const CARD: AdapterFacts = { ...SMALL_CARD, workgroupBytes: 32_768 };

/** The kernel of a dispatch, and the shapes of what it writes. */
export interface SeenDispatch {
  kernel: string;
  writes: number[][];
}

/** A context on a counting device, and the dispatches that it was asked for. The test stubs GPUBufferUsage and GPUShaderStage. */
export function countingCtx(facts: AdapterFacts): { ctx: Ctx; dispatches: SeenDispatch[] } {
  const ctx = new Ctx(Gpu.counting(facts, () => undefined));
  const dispatches: SeenDispatch[] = [];
  const run = ctx.run.bind(ctx);
  ctx.run = (spec, args, ...rest) => {
    const { bindings } = readEntryPoint(spec.code, spec.entry, spec.label);
    const written = args.filter((_, i) => bindings[i]?.access === "read_write");
    dispatches.push({ kernel: spec.label, writes: written.map(({ shape }) => [...shape]) });
    run(spec, args, ...rest);
  };
  return { ctx, dispatches };
}

/** The built-in model without its weights. lists: the kept dimensions of a compact one. */
export async function countingModel(ctx: Ctx, lists?: readonly Uint32Array[]): Promise<Model> {
  const config = readConfig(JSON.parse(readFileSync("public/model/config.json", "utf8")) as unknown);
  const shapes = new Map(modelTensors(config).map(({ name, shape }) => [name, shape]));
  const shapeOf = (name: string): readonly number[] => {
    const gates = lists && tensorGates(config.family, name);
    return cutShape(shapes.get(name) ?? [], gates ? keptOf(gates, lists) : {});
  };
  const reader = {
    has: (name: string) => shapes.has(name),
    info: (name: string) => ({ shape: shapeOf(name) }),
    readFloat32: (name: string) => Promise.resolve(new Float32Array(sizeOf(shapeOf(name)))),
  };
  return loadModel(ctx, config, reader, { precision: "f32", empty: true, ...(lists ? { lists } : {}) });
}
