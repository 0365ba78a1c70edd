// Zero-shot scores in the worker: those of each model alone, measured once, and what a stop keeps.
import { afterAll, beforeAll, expect, test } from "vitest";
import { goldenFolder } from "../../engine/golden/folders.fixture.ts";
import {
  type Ctx as Context,
  accuraciesOf,
  Ctx,
  denseAgreement,
  openModel,
  type OpenedModel,
  scoreTask,
} from "../../engine/index.ts";
import type { TaskChoice } from "../payloads/measure.ts";
import { madeGates } from "../run/madeGates.fixture.ts";
import { idOf, type Pruned } from "../run/pruned.ts";
import { loadPruned } from "../run/prunedModel.ts";
import { Tasks } from "../tasks.ts";
import { chosenTasks, type ScoreJob, TaskScores } from "./taskScores.ts";
import { openSharedGpu } from "../../engine/gpu/sharedGpu.fixture.ts";

const TEXT = { name: "t", sha256: "0".repeat(64) };
const SENTENCES = Array.from({ length: 40 }, (_, i) => `The people of number ${i} gave their people work.`).join(" ");
const item = (query: string, gold: number) => ({
  context: query,
  continuations: [" the people", " a war"],
  gold,
  lengths: [10, 5],
});
const FILE: TaskChoice = {
  file: { name: "mine.jsonl", sha256: "1".repeat(64) },
  task: { name: "mine", kind: "choices", items: [item("We are", 0), item("It was", 1), item("All of", 0)] },
};

let ctx: Context;
let opened: OpenedModel;
let pruned: Pruned;
let loaded = 0;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  opened = await openModel(ctx, await goldenFolder("llama"));
  pruned = madeGates(opened.config, 0.5, TEXT);
});
afterAll(() => ctx.gpu.destroy());

function jobOf(choices: readonly TaskChoice[], items: number, of: Pruned | undefined = pruned): ScoreJob {
  const text = { ...TEXT, ids: Uint32Array.from(opened.tokenizer.encode(SENTENCES)) };
  return {
    ...{ opened, pruned: of, text, tokens: 100, context: 64 },
    tasks: chosenTasks(choices, { text, content: SENTENCES, items, seed: 1 }),
    async withModel(which, use) {
      loaded++;
      const model = await loadPruned(ctx, opened, which);
      try {
        return await use(model);
      } finally {
        model.free();
      }
    },
  };
}

test("scores of both models are those of each alone, and are measured once", async () => {
  const scores = new TaskScores();
  const notes: (string | undefined)[] = [];
  const tasks = new Tasks((event) => event.type === "progress" && notes.push(event.progress.note));
  const job = jobOf([FILE, { made: "last-word" }], 2);
  const made = await tasks.run("scores", (controls) => scores.measure(ctx, job, controls));
  expect(made.stopped).toBe(false);
  expect(made.scores).toMatchObject({ text: TEXT, tokens: 100, context: 64 });
  expect(made.scores.tasks).toMatchObject([
    { task: "mine", source: { name: "mine.jsonl" }, items: 2 },
    { task: "last-word", source: TEXT, items: 2, seed: 1 },
  ]);
  const model = await loadPruned(ctx, opened, pruned);
  const [dense, cut] = made.scores.models;
  const [task] = job.tasks;
  const before = await scoreTask(ctx, opened, task!.task);
  expect(dense).toMatchObject({ model: "dense", agreement: null });
  expect(dense?.scores[0]).toEqual(accuraciesOf(before));
  expect(cut?.scores[0]).toEqual(
    accuraciesOf(await scoreTask(ctx, { model, tokenizer: opened.tokenizer }, task!.task), before),
  );
  const pair = { dense: opened.model, pruned: model };
  const { same, kl, tokens } = await denseAgreement(ctx, pair, job.text.ids.subarray(0, 100), { context: 64 });
  expect(cut?.agreement).toEqual({ same: same / tokens, kl });
  model.free();

  const [times, count] = [loaded, notes.length];
  const again = await tasks.run("scores", (controls) => scores.measure(ctx, job, controls));
  expect(again).toEqual(made);
  expect([loaded, notes.length]).toEqual([times, count]);
  // Other items are scored, and the model of another pruning.
  const more = await tasks.run("scores", (controls) => scores.measure(ctx, jobOf([FILE], 3), controls));
  expect(more.scores.tasks[0]?.items).toBe(3);
  expect(loaded).toBe(times + 1);
});

test("after a recovery both of its states are scored", async () => {
  const scores = new TaskScores();
  const masks = madeGates(opened.config, 0.7, TEXT);
  if (masks.kind !== "gates" || pruned.kind !== "gates") throw new Error("expected gates");
  const recovery = { before: pruned } as NonNullable<Pruned["recovery"]>;
  const after: Pruned = { ...masks, architecture: { ...masks.architecture, run: "recovered" }, recovery };
  const tasks = new Tasks(() => undefined);
  const { scores: all } = await tasks.run("scores", (controls) =>
    scores.measure(ctx, jobOf([FILE], 3, after), controls),
  );
  expect(all.models.map(({ model }) => model)).toEqual(["dense", "pruned", "recovered"]);
  expect(all.models[1]?.agreement).not.toEqual(all.models[2]?.agreement);
  expect(idOf(after)).not.toEqual(idOf(pruned));
});

test("a stop keeps the tasks that are complete, and an error is thrown", async () => {
  const scores = new TaskScores();
  const tasks: Tasks = new Tasks((event) => {
    if (event.type === "progress" && event.progress.note === "dense, last-word") tasks.cancel("scores");
  });
  const job = jobOf([FILE, { made: "last-word" }], 20);
  const { scores: made, stopped } = await tasks.run("scores", (controls) => scores.measure(ctx, job, controls));
  expect(stopped).toBe(true);
  expect(made.models.map(({ model, scores: done }) => [model, done.length])).toEqual([["dense", 1]]);
  const empty: TaskChoice = { ...FILE, task: { ...FILE.task, items: [{ ...item("a", 0), continuations: ["", "b"] }] } };
  const failing = new Tasks(() => undefined).run("scores", (controls) =>
    scores.measure(ctx, jobOf([empty], 3), controls),
  );
  await expect(failing).rejects.toThrow("mine: item 1, continuation 1: expected at least 1 token");
});
