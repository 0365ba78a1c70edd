// A run on a small golden model: nothing is allocated after the second step, seeds repeat, checkpoints resume exactly, a NaN loss stops it.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { EngineError } from "../errors.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import { openModel, type OpenedModel } from "../model/open.ts";
import { architectureOf } from "../masks/architecture.ts";
import { budgetOf } from "../masks/budget.ts";
import { gateLayout, type Masks } from "../masks/gates.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { DEFAULT_RECIPE, type Estimator, ESTIMATORS, RATIO_MODES, type Recipe } from "../recipes/recipe.ts";
import { type MetricRow, metricRows } from "./metricRows.fixture.ts";
import { Session } from "./session.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

const RECIPE: Recipe = { ...DEFAULT_RECIPE, steps: 12, tokens: 32, learningRate: 0.01, checkpointEvery: 4 };

let ctx: Ctx;
let opened: OpenedModel;
let text: Uint32Array;
let sessions: Session[] = [];

beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  opened = await openModel(ctx, await goldenFolder("llama"));
  text = Uint32Array.from({ length: 3000 }, (_, i) => (i * 7919) % opened.config.vocab);
});
afterEach(() => {
  for (const session of sessions) session.free();
  sessions = [];
});
afterAll(() => ctx.gpu.destroy());

function session(recipe: Partial<Recipe> = {}): Session {
  const made = new Session(ctx, opened.model, { recipe: { ...RECIPE, ...recipe }, text, subject: "test" });
  sessions.push(made);
  return made;
}

/** Runs to the end (or for `steps`) and returns every step's numbers. */
async function run(of: Session, steps?: number): Promise<MetricRow[]> {
  const metrics: MetricRow[] = [];
  await ctx.gpu.checked("a run", () =>
    of.run({
      due: () => true,
      onReport: (report) => metrics.push(...metricRows(report.metrics)),
      ...(steps ? { steps } : {}),
    }),
  );
  return metrics;
}

async function masksOf(of: Session): Promise<Masks> {
  const { config } = opened;
  const options = { layout: gateLayout(config), budget: budgetOf(config), ratio: of.ratio };
  return architectureOf(await of.logits(), options).masks;
}

test.each(RATIO_MODES)(
  "%s: after the second step nothing is allocated, and a step is one submit",
  async (ratioMode) => {
    const one = session({ ratioMode });
    await run(one, 2);
    const before = {
      allocations: ctx.buffers.allocations,
      created: ctx.kernels.created,
      bytes: ctx.buffers.bytesInUse,
    };
    const { queue } = ctx.gpu.device;
    const submit = queue.submit.bind(queue);
    let submits = 0;
    queue.submit = (commands): undefined => {
      submits++;
      return submit(commands);
    };
    try {
      await one.run({ due: () => false, onReport: () => undefined, steps: 5 });
    } finally {
      queue.submit = submit;
    }
    expect(one.step).toBe(7);
    expect({
      allocations: ctx.buffers.allocations,
      created: ctx.kernels.created,
      bytes: ctx.buffers.bytesInUse,
    }).toEqual(before);
    // five steps and the two copies of the last report; for that a run for every ratio also makes gate logits
    expect(submits).toBe(5 + 2 + (ratioMode === "every" ? 1 : 0));
  },
);

test("the same seed gives the same losses and masks, another seed others", async () => {
  const [a, b, c] = [session(), session(), session({ seed: 2 })];
  const losses = [await run(a), await run(b), await run(c)].map((metrics) =>
    metrics.map(({ loss, kept }) => [loss, kept]),
  );
  expect(losses[0]).toHaveLength(RECIPE.steps);
  expect(losses[1]).toEqual(losses[0]);
  expect(losses[2]).not.toEqual(losses[0]);
  expect(await masksOf(b)).toEqual(await masksOf(a));
});

test("resuming from a checkpoint gives the same losses as never having stopped", async () => {
  const whole = session();
  const expected = await run(whole);
  const first = session();
  const begun = await run(first, 5);
  const saved = await decodeCheckpoint(await encodeCheckpoint(await first.checkpoint()));
  const second = session();
  second.restore(saved);
  expect(second.step).toBe(5);
  expect([...begun, ...(await run(second))]).toEqual(expected);
  expect(await masksOf(second)).toEqual(await masksOf(whole));
});

test("pause ends a run after the current step, and it can be resumed", async () => {
  const one = session();
  const seen: MetricRow[] = [];
  await one.run({
    due: () => true,
    onReport: ({ metrics, step }) => {
      seen.push(...metricRows(metrics));
      if (step >= 3) one.pause();
    },
  });
  expect(one.step).toBeGreaterThanOrEqual(3);
  expect(one.step).toBeLessThan(RECIPE.steps);
  seen.push(...(await run(one)));
  expect(seen.map(({ step }) => step)).toEqual(Array.from({ length: RECIPE.steps }, (_, i) => i));
  expect(one.finished).toBe(true);
});

test("the target can change at any step, and its history survives a checkpoint", async () => {
  const one = session();
  await run(one, 3);
  one.ratio = 0.7;
  one.ratio = 0.8;
  const after = await run(one, 2);
  expect(after.map(({ target }) => target)).toEqual([Math.fround(0.8), Math.fround(0.8)]);
  const history = [
    [0, RECIPE.ratio],
    [3, 0.8],
  ];
  expect(one.targets).toEqual(history);
  const second = session();
  second.restore(await decodeCheckpoint(await encodeCheckpoint(await one.checkpoint())));
  second.ratio = 0.6;
  await run(second, 1);
  expect(second.targets).toEqual([...history, [5, 0.6]]);
});

test("a run for every ratio draws its targets, resumes exactly, and makes gate logits for any ratio afterwards", async () => {
  const every = { ratioMode: "every", ratioFrom: 0.4, ratioTo: 0.9 } as const;
  const whole = session(every);
  const expected = await run(whole);
  const targets = expected.map(({ target }) => target);
  expect(whole.targets).toEqual([]);
  expect(new Set(targets).size).toBe(RECIPE.steps);
  expect(Math.min(...targets)).toBeGreaterThanOrEqual(0.4);
  expect(Math.max(...targets)).toBeLessThanOrEqual(0.9);
  const first = session(every);
  const begun = await run(first, 5);
  const second = session(every);
  second.restore(await decodeCheckpoint(await encodeCheckpoint(await first.checkpoint())));
  expect([...begun, ...(await run(second))]).toEqual(expected);
  const low = await whole.logits(0.4);
  expect(await second.logits(0.4)).toEqual(low);
  expect(await whole.logits(0.9)).not.toEqual(low);
});

test("a checkpoint comes after a report of all its steps, even where no report is due", async () => {
  const events: string[] = [];
  await session().run({
    due: () => false,
    steps: 8,
    onReport: ({ step }) => void events.push(`report ${step}`),
    onCheckpoint: ({ step }) => Promise.resolve(void events.push(`checkpoint ${step}`)),
  });
  expect(events).toEqual(["report 4", "checkpoint 4", "report 8", "checkpoint 8"]);
});

test("checkpoints come every checkpointEvery steps", async () => {
  const steps: number[] = [];
  await session().run({
    due: () => false,
    onReport: () => undefined,
    onCheckpoint: ({ step }) => {
      steps.push(step);
      return Promise.resolve();
    },
  });
  expect(steps).toEqual([4, 8, 12]);
});

test.each<Estimator>(ESTIMATORS)("%s brings the kept share to the target", async (estimator) => {
  const metrics = await run(session({ estimator, steps: 60, learningRate: 0.02 }));
  const first = metrics[0]?.penalty ?? 0;
  const last = Math.min(...metrics.slice(-10).map(({ penalty }) => penalty));
  expect(first).toBeGreaterThan(0.4);
  expect(last).toBeLessThan(0.1);
});

test("a loss that is not finite stops the run with its own error", async () => {
  const broken = await openModel(ctx, await goldenFolder("llama"));
  const norm = broken.model.weights.norm?.weight;
  if (norm) ctx.write(norm, new Float32Array(norm.shape[0] ?? 0).fill(Number.NaN));
  const one = new Session(ctx, broken.model, { recipe: RECIPE, text, subject: "test" });
  sessions.push(one);
  const failure = await one.run({ due: () => true, onReport: () => undefined }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(EngineError);
  expect((failure as EngineError).code).toBe("not-finite");
  broken.model.free();
});
