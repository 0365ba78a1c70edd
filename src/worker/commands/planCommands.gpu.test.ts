// A run on a GPU that has too little memory for the plan: it falls back to the next plan and goes on from the last checkpoint.
import { afterEach, expect, test } from "vitest";
import { embeddedFolder } from "../../engine/golden/folders.fixture.ts";
import { DEFAULT_RECIPE, EngineError, type PlanResult } from "../../engine/index.ts";
import type { WorkerEvent } from "../protocol.ts";
import { measureCommands } from "./measureCommands.ts";
import { modelCommands } from "./modelCommands.ts";
import { runCommands } from "./runCommands.ts";
import { WorkerState } from "./workerState.ts";

const RECIPE = { ...DEFAULT_RECIPE, tokens: 64, steps: 4, checkpointEvery: 2 };

let state: WorkerState;
let plans: PlanResult[];
let losses: number[];

async function opened(precision: "f32" | "q8_0" = "f32"): Promise<void> {
  plans = [];
  losses = [];
  state = new WorkerState((event: WorkerEvent) => {
    if (event.type === "plan") plans.push(event.planned);
    if (event.type === "metrics") losses.push(...event.metrics.loss);
  });
  const folder = await embeddedFolder();
  const files = await Promise.all(
    folder.list().map(async (path) => {
      const source = await folder.open(path);
      return { path: `model/${path}`, file: new File([await source.read(0, source.size)], path) };
    }),
  );
  const choice = { precision, trainingTokens: RECIPE.tokens, evaluationTokens: 64 } as const;
  await modelCommands(state).open({ type: "open", source: { kind: "files", name: "model", files, choice } });
}

const train = () => runCommands(state).train({ type: "train", recipe: RECIPE, tokens: 64 });

afterEach(async () => {
  await runCommands(state).reset({ type: "reset" });
  state.onDevice.context().gpu.destroy();
});

test("a plan is chosen by the memory of the GPU, and on request", async () => {
  await opened();
  const [{ plan, choices } = { plan: undefined, choices: [] }] = plans;
  expect(plan).toBe(choices[0]);
  const { memory } = modelCommands(state);
  const least = Math.min(...choices.map(({ totalBytes }) => totalBytes));
  await memory({ type: "memory", bytes: least });
  expect(plans.at(-1)?.plan).toMatchObject({ totalBytes: least, fits: true });
  const ctx = state.onDevice.context();
  expect(ctx.recompute.blocks).toBeGreaterThan(0);
  expect(ctx.compact).toBe(false);
  const wanted = { recompute: { blocks: 2, group: 1 }, compact: true };
  await memory({ type: "memory", bytes: null, wanted });
  expect(plans.at(-1)?.plan).toMatchObject(wanted);
  expect([ctx.recompute, ctx.compact]).toEqual([wanted.recompute, true]);
});

test("a run that runs out of memory continues with a smaller plan, and its losses are the same", async () => {
  await opened();
  await train();
  const expected = losses.splice(0);
  expect(expected).toHaveLength(RECIPE.steps);
  await runCommands(state).reset({ type: "reset" });
  const ctx = state.onDevice.context();
  ctx.freeStep();
  state.onDevice.pruned.free();
  // as on a GPU whose memory ends before the first plan does; what is read back is freed at once
  const allocate = ctx.buffers.allocate.bind(ctx.buffers);
  const choices = state.planned?.choices ?? [];
  const training = choices.map(({ parts }) => parts.training);
  const { hypernet, logits } = choices[0]?.parts ?? { hypernet: 0, logits: 0 };
  const step = 0.2 * Math.max(...training) + 0.8 * Math.min(...training);
  const full = ctx.buffers.bytesInUse + hypernet + logits + step;
  ctx.buffers.allocate = (bytes, label, usage) => {
    if (usage === undefined && ctx.buffers.bytesInUse + bytes > full)
      throw new EngineError("out-of-memory", "no memory left");
    return allocate(bytes, label, usage);
  };
  expect(await train()).toMatchObject({ phase: "done", step: RECIPE.steps });
  expect(losses).toEqual(expected);
  expect(plans.at(-1)).toMatchObject({ ranOut: true });
  expect(plans.at(-1)?.plan.recompute.blocks).toBeGreaterThan(0);
});

test("what quantising on opening costs is measured within the plan, beside the perplexity that is known", async () => {
  await opened("q8_0");
  const { perplexity, quantisation } = measureCommands(state);
  const dense = await perplexity({ type: "perplexity", subject: "dense", tokens: 64 });
  const { of, cost } = await quantisation({ type: "quantisation", tokens: 64 });
  expect(of).toBe(dense);
  if (!("own" in cost)) throw new Error("expected that both models fit into the plan");
  expect(cost.quantised).toBe(dense.value);
  expect(Math.abs(cost.own / cost.quantised - 1)).toBeLessThan(0.01);
});
