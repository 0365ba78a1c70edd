// The device and its memory: real faults become typed errors, and the arena gives equal steps the same buffers.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Ctx } from "../ctx.ts";
import { EngineError } from "../errors.ts";
import { add, fill } from "../ops/arithmetic.ts";
import { Arena, Buffers } from "./buffers.ts";
import { AS_CARD, Gpu } from "./device.ts";
import { Profile } from "./profile.ts";
import { Tap } from "./readback.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await Gpu.open());
});
afterAll(() => ctx.gpu.destroy());

async function errorOf(work: () => unknown): Promise<EngineError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const BROKEN = {
  label: "broken kernel",
  code: "@compute @workgroup_size(1) fn main() { let a: f32 = 1u; }",
  entry: "main",
};

test("WGSL that does not compile is a shader error that names the kernel", async () => {
  const error = await errorOf(() => ctx.gpu.checked("a test", () => ctx.step(() => ctx.run(BROKEN, [], {}, [1]))));
  expect(error.code).toBe("shader");
  expect(error.message).toContain("broken kernel");
});

test("a kernel that is refused ahead of time says why, and is no error of the work beside it", async () => {
  const { failures } = ctx.gpu;
  const broken = { ...BROKEN }; // no test before compiled it
  const refused = await Promise.allSettled([ctx.kernels.warm(broken), ctx.kernels.warm(broken)]);
  for (const outcome of refused) {
    expect(outcome.status).toBe("rejected");
    const error = EngineError.from((outcome as PromiseRejectedResult).reason);
    expect(error.code).toBe("shader");
    expect(error.message).toMatch(/refused the kernel "broken kernel": .*cannot initialize/s);
  }
  await ctx.gpu.idle(); // throws an error that nothing caught
  expect(ctx.gpu.failures).toBe(failures);
});

test("`undo` runs if the GPU reports an error, and only then", async () => {
  const undone: string[] = [];
  const work = (name: string, breaks: boolean) => (): string => {
    if (breaks) ctx.step(() => ctx.run(BROKEN, [], {}, [1]));
    return name;
  };
  const undo = (name: string): void => void undone.push(name);
  await expect(ctx.gpu.checked("a test", work("bad", true), undo)).rejects.toMatchObject({ code: "shader" });
  expect(await ctx.gpu.checked("a test", work("good", false), undo)).toBe("good");
  expect(undone).toEqual(["bad"]);
});

test("an adapter that does not say what it is, as in browsers before it could, is refused by the versions that work", async () => {
  const old = { limits: {}, features: new Set() } as unknown as GPUAdapter;
  const request = vi.spyOn(navigator.gpu, "requestAdapter").mockResolvedValue(old);
  const error = await errorOf(() => Gpu.open());
  request.mockRestore();
  expect([error.code, error.message]).toEqual(["no-webgpu", expect.stringContaining("too old")]);
});

test("a buffer over the limit is refused with both numbers", async () => {
  const small = new Ctx(await Gpu.open({ maxBindingBytes: 1 << 20 }));
  const error = await errorOf(() => small.persistent("too large", [1 << 20]));
  expect(error.code).toBe("limit");
  expect(error.detail).toMatchObject({ size: 4 << 20, limitBytes: 1 << 20 });
  small.gpu.destroy();
});

test("a launcher that disagrees with its shader is caught before the GPU sees it", async () => {
  const code =
    "struct U { n: u32 } @group(1) @binding(0) var<uniform> u: U; @group(0) @binding(0) var<storage, read_write> y: array<u32>; @compute @workgroup_size(1) fn main() { y[0] = u.n; }";
  const spec = { label: "one", code, entry: "main" };
  const y = ctx.persistent("y", [1]);
  expect((await errorOf(() => ctx.step(() => ctx.run(spec, [], { n: 1 }, [1])))).message).toContain(
    "expected 1 buffers (y), got 0",
  );
  expect((await errorOf(() => ctx.step(() => ctx.run(spec, [y], { m: 1 }, [1])))).message).toContain(
    "expected uniform {n}, got {m}",
  );
  expect((await errorOf(() => ctx.step(() => ctx.run(spec, [y], { n: 1 }, [0])))).message).toContain(
    "workgroup counts",
  );
  ctx.free(y);
});

test("whatever waits for a lost device is rejected", async () => {
  const gpu = await Gpu.open();
  const other = new Ctx(gpu);
  const tensor = other.persistent("x", [4]);
  gpu.device.destroy();
  expect((await errorOf(() => other.read(tensor))).code).toBe("device-lost");
  expect((await errorOf(() => gpu.idle())).code).toBe("device-lost");
  expect((await gpu.lost).message).toContain("resume from the last checkpoint");
});

test("what has ended does not stay with the device", async () => {
  // a reaction of this promise is kept until the device is lost
  const then = vi.spyOn(ctx.gpu.lost, "then");
  const tensor = ctx.persistent("x", [4]);
  await ctx.read(tensor);
  await ctx.gpu.idle();
  expect(then).not.toHaveBeenCalled();
  then.mockRestore();
  ctx.free(tensor);
});

test("equal steps get the same buffers, whatever happened in between", () => {
  const arena = new Arena(ctx.buffers);
  const step = (sizes: number[]): number[] => {
    const ids = sizes.map((bytes) => arena.take(bytes, "a").id);
    arena.reset();
    return ids;
  };
  const first = step([300, 300, 5000, 300]);
  const { allocations } = ctx.buffers;
  step([300, 5000]);
  step([300]);
  expect(step([300, 300, 5000, 300])).toEqual(first);
  expect(ctx.buffers.allocations).toBe(allocations);
  arena.free();
});

test("with a limit, a step frees buffers of other steps, but none that it uses itself", () => {
  const arena = new Arena(ctx.buffers);
  let freed = 0;
  arena.onFreed = () => freed++;
  arena.limitBytes = 10_240;
  const before = ctx.buffers.bytesInUse;
  const step = (sizes: number[]): number => {
    for (const bytes of sizes) arena.release(arena.take(bytes, "a"));
    const all = sizes.map((bytes) => arena.take(bytes, "a").id);
    expect(new Set(all).size).toBe(sizes.length);
    arena.reset();
    return ctx.buffers.bytesInUse - before;
  };
  expect(step([5120, 2560, 2560])).toBe(10_240);
  const { allocations } = ctx.buffers;
  expect(step([5120, 2560, 2560])).toBe(10_240);
  expect([ctx.buffers.allocations - allocations, freed]).toEqual([0, 0]);
  expect(step([2560, 7680])).toBe(10_240);
  expect(freed).toBeGreaterThan(0);
  // more than the limit in one step
  expect(step([2560, 7680, 256])).toBe(10_496);
  arena.free();
});

test("a scope releases its temporaries and keeps its result", async () => {
  const sum = ctx.step(() => {
    const one = ctx.empty([8], "one");
    fill(ctx, one, 1);
    const two = ctx.scope(() => add(ctx, add(ctx, one, one), one));
    // reuses the scope's temporary; if `two` had been released as well, this would overwrite it
    const other = ctx.empty([8], "other");
    fill(ctx, other, 100);
    expect(other.buffer).not.toBe(two.buffer);
    return two;
  });
  expect([...(await ctx.read(sum))]).toEqual(new Array(8).fill(3));
});

test("a profile lists every kernel with its number of dispatches", async () => {
  const profile = new Profile(ctx.gpu, ctx.buffers);
  ctx.profile = profile;
  ctx.step(() => {
    const x = ctx.empty([1000], "x");
    fill(ctx, x, 1);
    add(ctx, x, x);
    add(ctx, x, x);
  });
  ctx.profile = undefined;
  const times = await profile.take();
  expect(Object.fromEntries(times.map(({ label, dispatches }) => [label, dispatches]))).toEqual({
    "arithmetic.fill": 1,
    "arithmetic.add": 2,
  });
  expect(times.every(({ ms }) => ms >= 0)).toBe(true);
  profile.free();
});

test("running out of memory is an error, and the buffers made so far can be freed", async () => {
  const own = await Gpu.open();
  const buffers = new Buffers(own);
  const gibibyte = Math.min(2 ** 30, buffers.limitBytes);
  const many = own.checked("a model's weights", () => {
    for (let i = 0; i < 16; i++) buffers.allocate(gibibyte, `weight ${i}`);
  });
  await expect(many).rejects.toMatchObject({
    code: "out-of-memory",
    message:
      "The GPU has no memory left for a model's weights. Close other tabs, or choose half precision, a shorter context or a smaller model.",
  });
  buffers.freeAll();
  expect(buffers.bytesInUse).toBe(0);
  await own.checked("a small buffer", () => buffers.allocate(1024, "small"));
  own.destroy();
});

test("facts name the device's features, and a test may replace them", async () => {
  const own = await Gpu.open();
  const { features } = own.device;
  expect(own.facts.shaderF16).toBe(features.has("shader-f16"));
  expect(own.facts.subgroupMin > 0).toBe(features.has("subgroups"));
  expect(own.facts.subgroupMax).toBeGreaterThanOrEqual(own.facts.subgroupMin);
  own.destroy();
  const card = await Gpu.open({ facts: AS_CARD });
  expect(card.facts).toEqual({ ...own.facts, ...AS_CARD });
  expect(new Ctx(card).matmul).toBe("sized");
  card.destroy();
});

/** Runs work whose next buffer is one that the GPU refuses, as when its memory is full. */
async function withRefusedBuffer<T>({ device }: Gpu, work: () => T | Promise<T>): Promise<T> {
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    device.createBuffer = create;
    return create({ ...descriptor, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.MAP_WRITE });
  };
  try {
    return await work();
  } finally {
    device.createBuffer = create;
  }
}

test("a step whose buffer was refused fails, and the next step is as if it had never been", async () => {
  const fresh = new Ctx(await Gpu.open());
  const filled = (): Promise<Float32Array> =>
    fresh.gpu.checked("a step", () =>
      fresh.read(
        fresh.step(() => {
          const x = fresh.empty([300], "x");
          fill(fresh, x, 2);
          return x;
        }),
      ),
    );
  await expect(withRefusedBuffer(fresh.gpu, filled)).rejects.toBeInstanceOf(EngineError);
  expect(await filled()).toEqual(new Float32Array(300).fill(2));
  fresh.gpu.destroy();
});

test("a read whose staging buffer was refused ends with an error", async () => {
  const x = ctx.persistent("x", [4]);
  await expect(withRefusedBuffer(ctx.gpu, () => ctx.read(x))).rejects.toBeInstanceOf(EngineError);
  expect(await ctx.read(x)).toEqual(new Float32Array(4));
  ctx.free(x);
});

test("a tap reads again after a read that met another work's error", async () => {
  const x = ctx.persistent("x", [2], { data: new Float32Array([1, 2]) });
  const tap = new Tap(ctx.gpu, ctx.buffers, 8, "x");
  const read = async (): Promise<Float32Array> => new Float32Array(await tap.read(x.buffer));
  await read();
  ctx.gpu.device.createBuffer({ label: "refused", size: 4, usage: 0 });
  expect((await errorOf(read)).message).toContain("refused");
  for (let again = 0; again < 2; again++) expect(await read()).toEqual(new Float32Array([1, 2]));
  await ctx.gpu.idle();
  tap.free();
  ctx.free(x);
});

test("a device that is lost inside error scopes, or given up, is lost and nothing else", async () => {
  const lost = new Ctx(await Gpu.open());
  const work = lost.gpu.checked("a test", async () => {
    lost.gpu.abandon("It does not answer.");
    await lost.gpu.idle();
  });
  await expect(work).rejects.toMatchObject({ code: "device-lost" });
  expect((await lost.gpu.lost).message).toMatch(/^It does not answer\. Checkpoints are kept/);
});

test("what a lost device was given counts as lost, also where nothing of it is waited for", async () => {
  const gpu = await Gpu.open();
  const undone: number[] = [];
  const work = gpu.checked(
    "a test",
    () => (gpu.device.destroy(), 1),
    (made) => undone.push(made),
  );
  await expect(work).rejects.toMatchObject({ code: "device-lost" });
  expect(undone).toEqual([1]);
});
