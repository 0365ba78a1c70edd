// The arena's memory: equal steps get equal buffers, and shapes that are gone give theirs back.
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { type AdapterFacts, Gpu } from "./device.ts";
import { Arena, Buffers } from "./buffers.ts";

vi.stubGlobal("GPUBufferUsage", { STORAGE: 128, COPY_SRC: 4, COPY_DST: 8 });
afterAll(() => vi.unstubAllGlobals());

const facts = { maxBindingBytes: 2 ** 30, maxBufferBytes: 2 ** 30 } as AdapterFacts;
let buffers: Buffers;
let arena: Arena;
beforeEach(() => {
  buffers = new Buffers(Gpu.counting(facts, () => undefined));
  arena = new Arena(buffers);
});

/** A step that takes buffers of these sizes in kB; returns whether some memory was given back. */
const step = (...sizes: readonly number[]): boolean => {
  for (const size of sizes) arena.take(1024 * size, "x");
  return arena.reset();
};

test("a repeated step allocates nothing, and nothing is freed", () => {
  step(1, 2, 2, 300);
  const { allocations } = buffers;
  for (let i = 0; i < 200; i++) expect(step(1, 2, 2, 300)).toBe(false);
  expect(buffers.allocations).toBe(allocations);
});

test("bytes are flat over 50 architectures, each measured with a few steps", () => {
  const seen: number[] = [];
  for (let width = 1; width <= 50; width++) {
    for (let i = 0; i < 8; i++) step(100, 100 + width, 300 - 3 * width, 57);
    seen.push(buffers.bytesInUse);
  }
  const late = seen.slice(20);
  expect(Math.max(...late) / Math.min(...late)).toBeLessThan(1.35);
  expect(Math.max(...seen)).toBeLessThan(5.5 * 1024 * 557);
});

test("what was made for shapes that are gone is freed, and the rest stays", () => {
  step(100, 200);
  const before = buffers.bytesInUse;
  const seen = new Set<number>();
  for (let width = 1; width <= 50; width++) {
    const from = buffers.next;
    for (let i = 0; i < 3; i++) step(100, 300 + width);
    seen.add(buffers.bytesInUse - 1024 * width);
    arena.dropFrom(from);
    expect(buffers.bytesInUse).toBe(before);
  }
  expect([...seen]).toEqual([before + 1024 * 300]);
  const { allocations } = buffers;
  step(100, 200);
  expect(buffers.allocations).toBe(allocations);
});

test("steps that alternate with a larger one keep their buffers", () => {
  const round = (): void => {
    step(1000, 1000);
    for (let i = 0; i < 20; i++) step(200, 150);
  };
  round();
  const { allocations } = buffers;
  for (let i = 0; i < 10; i++) round();
  expect(buffers.allocations).toBe(allocations);
});

test("what the last step took stays until the next one, whatever its size", () => {
  for (let width = 1; width <= 60; width++) step(width);
  const kept = arena.take(1024 * 60, "x");
  expect(arena.isTaken(kept)).toBe(true);
  expect(buffers.bytesInUse).toBeGreaterThanOrEqual(1024 * 60);
});

test("free gives everything back", () => {
  step(1, 2, 3);
  arena.free();
  expect(buffers.bytesInUse).toBe(0);
  step(4);
  expect(buffers.bytesInUse).toBe(4096);
});

test("a loose take gets a larger idle buffer, but not one that is far too large", () => {
  step(2, 30, 300);
  const { allocations } = buffers;
  const sizes = (...kB: readonly number[]): number[] => {
    const taken = kB.map((size) => arena.take(1024 * size, "x", true).bytes / 1024);
    arena.reset();
    return taken;
  };
  expect(sizes(200, 25, 1, 2)).toEqual([300, 30, 2, 2]);
  expect(buffers.allocations).toBe(allocations + 1);
  expect(sizes(300, 2, 3)).toEqual([300, 2, 30]);
  expect(sizes(1, 2, 1)).toEqual([2, 2, 1]);
});
