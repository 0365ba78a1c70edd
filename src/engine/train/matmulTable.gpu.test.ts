// Tables of matmul kernels: measuring them, that they are followed, and that a run with a table of several kernels repeats bit for bit.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Ctx } from "../ctx.ts";
import { EngineError } from "../errors.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { MATMUL_KERNELS, type MatmulShape, type MatmulTable, shapeClass } from "../matmul/matmulTable.ts";
import { usualMatmul } from "../matmul/matmulVariants.ts";
import { modelShapes } from "../matmul/modelShapes.ts";
import { openModel, type OpenedModel } from "../model/open.ts";
import { tuneModel } from "../model/tuneModel.ts";
import { usableVariants, useMatmulTable } from "../ops/kit/matmulChoice.ts";
import { linear } from "../ops/linear.ts";
import { tuneShapes } from "../ops/registry/tuneShapes.ts";
import { DEFAULT_RECIPE, type Recipe } from "../recipes/recipe.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { metricRows } from "./metricRows.fixture.ts";
import { resumeNote } from "./resumeNote.ts";
import { Session } from "./session.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

const RECIPE: Recipe = { ...DEFAULT_RECIPE, steps: 6, tokens: 32, learningRate: 0.01, checkpointEvery: 100 };
const LENGTHS = { trainingTokens: 32, evaluationTokens: 64, precision: "f32" } as const;

let ctx: Ctx;
let opened: OpenedModel;
let mixed: MatmulTable;

beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  opened = await openModel(ctx, await goldenFolder("llama"));
  const variants = usableVariants(ctx);
  const shapes = modelShapes(opened.config, LENGTHS);
  expect(shapes.length).toBeGreaterThan(variants.length);
  const classes = shapes.map((shape, i) => [shapeClass(shape), variants[i % variants.length] ?? "tiled"] as const);
  mixed = { kernels: MATMUL_KERNELS, default: "registers", classes: Object.fromEntries(classes) };
});
afterAll(() => ctx.gpu.destroy());

async function train(steps: number | undefined, from?: Awaited<ReturnType<Session["checkpoint"]>>) {
  const text = Uint32Array.from({ length: 3000 }, (_, i) => (i * 7919) % opened.config.vocab);
  const session = new Session(ctx, opened.model, { recipe: RECIPE, text, subject: "test" });
  if (from) session.restore(from);
  const losses: number[] = [];
  const onReport: Parameters<Session["run"]>[0]["onReport"] = ({ metrics }) =>
    losses.push(...metricRows(metrics).map(({ loss }) => loss));
  await session.run({ due: () => true, onReport, ...(steps === undefined ? {} : { steps }) });
  const checkpoint = await session.checkpoint();
  session.free();
  return { losses, checkpoint };
}

/** Kernels that a linear layer of this shape dispatches. */
function kernelsOf({ rows, n, k }: MatmulShape): KernelSpec[] {
  const x = ctx.persistent("x", [rows, k]);
  const weight = ctx.persistent("weight", [n, k]);
  const run = ctx.run.bind(ctx);
  const specs: KernelSpec[] = [];
  ctx.run = (spec, ...rest) => {
    specs.push(spec);
    run(spec, ...rest);
  };
  try {
    ctx.step(() => linear(ctx, x, weight));
  } finally {
    ctx.run = run;
    ctx.free(x, weight);
  }
  return specs;
}

test("each shape runs the kernel that the table names for it", () => {
  for (const shape of modelShapes(opened.config, LENGTHS).filter(({ direction }) => direction === "forward")) {
    const name = mixed.classes[shapeClass(shape)] ?? "";
    const variant = usableVariants(ctx).find((one) => one === name);
    expect(variant).toBeDefined();
    ctx.matmul = mixed;
    const chosen = kernelsOf(shape);
    ctx.matmul = variant ?? "tiled";
    expect(chosen).toEqual(kernelsOf(shape));
    expect(chosen).toHaveLength(1);
  }
});

test("a run with several kernels repeats bit for bit, and its losses are those of one kernel within rounding", async () => {
  ctx.matmul = mixed;
  const [first, second] = [await train(undefined), await train(undefined)];
  expect(first.losses).toHaveLength(RECIPE.steps);
  expect(second).toEqual(first);
  ctx.matmul = "registers";
  const forced = await train(undefined);
  forced.losses.forEach((loss, i) => expect(Math.abs(loss - (first.losses[i] ?? NaN))).toBeLessThan(1e-4 * loss));
  expect(forced.checkpoint.theta).not.toEqual(first.checkpoint.theta);
});

describe("a checkpoint", () => {
  test("resumes with the kernels of its session, so that the run equals an unbroken one", async () => {
    ctx.matmul = mixed;
    const whole = await train(undefined);
    const begun = await train(3);
    const saved = await decodeCheckpoint(await encodeCheckpoint(begun.checkpoint));
    ctx.matmul = "registers"; // another session chose otherwise
    expect(resumeNote(ctx, saved)).toBeUndefined();
    const rest = await train(undefined, saved);
    expect([...begun.losses, ...rest.losses]).toEqual(whole.losses);
    expect(rest.checkpoint.theta).toEqual(whole.checkpoint.theta);
    expect(ctx.matmulTable).toEqual(mixed);
  });

  test("of another adapter or other kernels resumes with those of this adapter, and says so", async () => {
    ctx.matmul = mixed;
    const { checkpoint } = await train(1);
    ctx.matmul = "registers";
    const elsewhere = { ...checkpoint, matmul: { adapter: "another card", table: mixed } };
    expect(resumeNote(ctx, elsewhere)).toMatch(
      /^It was trained on another adapter so far \(another card; this is .*rounding\.$/,
    );
    await train(1, elsewhere);
    expect(ctx.matmul).toBe("registers");
    const unknown = { ...mixed, default: "wide" };
    const later = { ...checkpoint, matmul: { adapter: ctx.gpu.facts.name, table: unknown } };
    expect(resumeNote(ctx, later)).toMatch(/names the matmul kernel "wide", which does not run on this adapter/);
    expect(resumeNote(ctx, { matmul: { adapter: ctx.gpu.facts.name, table: { ...mixed, kernels: 9 } } })).toMatch(
      new RegExp(`version 9 of the matmul kernels; this is version ${MATMUL_KERNELS}`),
    );
  });
});

describe("measuring", () => {
  const shapes: MatmulShape[] = [
    { direction: "forward", precision: "f32", rows: 16, n: 64, k: 32 },
    { direction: "inputGradient", precision: "f32", rows: 16, n: 64, k: 32 },
    { direction: "forward", precision: "f16", rows: 1, n: 64, k: 32 },
  ];

  test("gives each class a kernel of this adapter, in order, and leaves the context as it was", async () => {
    ctx.matmul = "registers";
    const bytes = ctx.buffers.bytesInUse;
    const progress: number[] = [];
    const { table, unfinished } = await tuneShapes(ctx, shapes, {
      budgetMs: 60_000,
      onProgress: (done) => progress.push(done),
    });
    expect(progress).toEqual([0, 1, 2, 3]);
    expect(unfinished).toBe(false);
    expect(Object.keys(table.classes)).toEqual(shapes.map(shapeClass));
    expect({ matmul: ctx.matmul, profile: ctx.profile }).toEqual({ matmul: "registers", profile: undefined });
    expect(ctx.buffers.bytesInUse - bytes).toBeLessThan(1024); // uniforms stay, the operands of 8 KiB and more do not
    expect(useMatmulTable(ctx, table)).toBeUndefined();
    expect(ctx.matmul).toBe(table);
  });

  test("does not take the fastest kernel if its results are wrong", async () => {
    const [shape] = shapes as [MatmulShape];
    const usual = usualMatmul(ctx.gpu.facts);
    const run = ctx.run.bind(ctx);
    // all other kernels write nothing, which takes no time
    ctx.run = (...given) => {
      if (ctx.matmul === usual) run(...given);
    };
    try {
      const { table } = await tuneShapes(ctx, [shape], { budgetMs: 60_000 });
      expect(table.classes).toEqual({ [shapeClass(shape)]: usual });
    } finally {
      ctx.run = run;
    }
  });

  test("leaves out kernels that the adapter's compiler refuses, and fails without the usual one", async () => {
    const usual = usualMatmul(ctx.gpu.facts);
    const warm = ctx.kernels.warm.bind(ctx.kernels);
    const refusing = (refuses: () => boolean) =>
      vi
        .spyOn(ctx.kernels, "warm")
        .mockImplementation((spec) =>
          refuses() ? Promise.reject(new EngineError("shader", `refused ${spec.label}`)) : warm(spec),
        );
    const others = refusing(() => ctx.matmul !== usual);
    const { table, unfinished } = await tuneShapes(ctx, shapes, { budgetMs: 60_000 });
    expect(others).toHaveBeenCalled();
    expect(unfinished).toBe(false);
    expect(Object.values(table.classes)).toEqual(shapes.map(() => usual));
    others.mockRestore();
    const all = refusing(() => true);
    await expect(tuneShapes(ctx, shapes, { budgetMs: 60_000 })).rejects.toThrow(/^refused linear\./);
    all.mockRestore();
  });

  test("stops when its time is used up: what was not timed keeps the usual kernel", async () => {
    const { table } = await tuneShapes(ctx, shapes, { budgetMs: 0 });
    expect(Object.values(table.classes)).toEqual(shapes.map(() => table.default));
  });

  test("does not wait for kernels that compile slowly, and measures them at the next opening", async () => {
    const usual = usualMatmul(ctx.gpu.facts);
    const warm = ctx.kernels.warm.bind(ctx.kernels);
    const slow = vi
      .spyOn(ctx.kernels, "warm")
      .mockImplementation((spec) => (ctx.matmul === usual ? warm(spec) : new Promise<void>(() => undefined)));
    const written: string[] = [];
    const store = {
      read: () => Promise.resolve(undefined),
      write: (name: string) => Promise.resolve(void written.push(name)),
    };
    const own = ctx.gpu.facts;
    Object.defineProperty(ctx.gpu, "facts", { value: { ...own, software: false }, configurable: true });
    const tuned = await tuneModel(ctx, opened.config, { ...LENGTHS, browser: "Browser/1", store, budgetMs: 1000 });
    Object.defineProperty(ctx.gpu, "facts", { value: own, configurable: true });
    slow.mockRestore();
    expect(tuned).toMatchObject({ from: "measured", table: { default: usual } });
    expect(tuned.notes).toEqual([expect.stringMatching(/took too long to compile to be timed; the next opening/)]);
    expect(written).toEqual([]);
  });

  test("can be cancelled, and then changes nothing", async () => {
    ctx.matmul = "registers";
    const cancel = new AbortController();
    const onProgress = (done: number): void => (done === 1 ? cancel.abort() : undefined);
    const options = { budgetMs: 60_000, signal: cancel.signal, onProgress };
    await expect(tuneShapes(ctx, shapes, options)).rejects.toThrow(/was stopped/);
    expect({ matmul: ctx.matmul, profile: ctx.profile }).toEqual({ matmul: "registers", profile: undefined });
  });

  test("happens once: a second opening takes the stored table, and a damaged one is measured again", async () => {
    const files = new Map<string, string>();
    const store = {
      read: (name: string) => Promise.resolve(files.get(name)),
      write: (name: string, text: string) => Promise.resolve(void files.set(name, text)),
    };
    const tune = () => tuneModel(ctx, opened.config, { ...LENGTHS, browser: "Browser/1", store });
    const first = await tune();
    expect(first).toMatchObject({ from: "measured", notes: [] });
    expect(files.size).toBe(1);
    ctx.matmul = "tiled";
    expect(await tune()).toEqual({ ...first, from: "stored" });
    expect(ctx.matmulTable).toEqual(first.table);
    const [name = ""] = files.keys();
    files.set(name, "{");
    const again = await tune();
    expect(again.from).toBe("measured");
    expect(again.notes).toEqual([expect.stringMatching(/^The stored choice of matmul kernels was not used: .*JSON/)]);
    expect((await tune()).from).toBe("stored");
  });
});
