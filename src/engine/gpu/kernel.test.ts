// A repeated dispatch comes from what the kernel dispatched before, and only if everything about it is the same. No GPU: a counting device.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Buffers } from "./buffers.ts";
import { Gpu } from "./device.ts";
import { Kernels } from "./kernel.ts";
import type { Uniform } from "./uniforms.ts";
import type { Groups } from "./pastDispatches.ts";

const FACTS = {
  ...{ name: "a card", software: false, quads: false, timestamps: false },
  ...{ maxBufferBytes: 2 ** 31, maxBindingBytes: 2 ** 31, workgroupBytes: 16_384 },
  ...{ shaderF16: false, subgroupMin: 0, subgroupMax: 0 },
};
const SPEC = {
  label: "any",
  entry: "any",
  code: `
struct Dims { rows: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(1) fn any() { x[dims.rows] = 1.0; }`,
};

beforeAll(() => {
  vi.stubGlobal("GPUBufferUsage", {});
  vi.stubGlobal("GPUShaderStage", {});
});
afterAll(() => vi.unstubAllGlobals());

test("a dispatch is reused only for the same buffers, uniform and workgroups, in any order", () => {
  const gpu = Gpu.counting(FACTS, () => undefined);
  const buffers = new Buffers(gpu);
  const kernels = new Kernels(gpu, buffers);
  const [a, b] = [buffers.allocate(1024, "a"), buffers.allocate(1024, "b")];
  const prepare = (buffer = a, offset = 0, uniform: Uniform = { rows: 1 }, groups: Groups = [1]) =>
    kernels.prepare(SPEC, [{ buffer, offset, bytes: 256 }], uniform, groups);
  const calls = [
    () => prepare(),
    () => prepare(b),
    () => prepare(a, 256),
    () => prepare(a, 0, { rows: 2 }),
    () => prepare(a, 0, { rows: 1 }, [2]),
  ];
  const first = calls.map((call) => call());
  expect(new Set(first).size).toBe(calls.length);
  const made = kernels.created;
  // equal steps: the very same dispatches
  for (let step = 0; step < 2; step++) calls.forEach((call, i) => expect(call()).toBe(first[i]));
  // another order: what is dispatched is still what was asked for
  for (const i of [3, 1, 4, 0, 2, 2, 0]) {
    const found = calls[i]!();
    expect(found.bindings).toBe(first[i]!.bindings);
    expect(found.uniform).toBe(first[i]!.uniform);
    expect(found.groups).toEqual(first[i]!.groups);
  }
  expect(kernels.created).toBe(made);
  // bind groups of freed buffers are forgotten
  kernels.forgetBindings();
  expect(calls[0]!().bindings).not.toBe(first[0]!.bindings);
  expect(() => kernels.prepare(SPEC, [], { rows: 1 }, [1])).toThrow("expected 1 buffers");
  expect(() => prepare(a, 0, {})).toThrow("expected uniform {rows}");
});

test("contexts of one device compile a kernel once", () => {
  const compile = (gpu: Gpu) => vi.spyOn(gpu.device, "createComputePipeline");
  const [one, other] = [Gpu.counting(FACTS, () => undefined), Gpu.counting(FACTS, () => undefined)];
  const [onOne, onOther] = [compile(one), compile(other)];
  for (const gpu of [one, one, other]) {
    const buffers = new Buffers(gpu);
    const binding = { buffer: buffers.allocate(256, "a"), offset: 0, bytes: 256 };
    new Kernels(gpu, buffers).prepare(SPEC, [binding], { rows: 1 }, [1]);
  }
  expect(onOne).toHaveBeenCalledOnce();
  expect(onOther).toHaveBeenCalledOnce();
});
