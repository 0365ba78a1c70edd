// A saved run is resumed on the text that it was trained on, and on no other: that would be a new run in its place.
import { expect, test } from "vitest";
import { goldenFolder } from "../../engine/golden/folders.fixture.ts";
import { Ctx, openModel } from "../../engine/index.ts";
import type { WorkerEvent } from "../protocol.ts";
import type { Folder } from "../../engine/formats/files/folder.ts";
import { memoryFolder } from "../../engine/formats/files/memoryFolder.ts";
import { CheckpointFiles } from "./checkpointFile.ts";
import { EVERY_RATIO, trainedRun } from "./everyRatioRun.fixture.ts";
import type { GateLogits } from "./pruned.ts";
import { TrainingRun } from "./trainingRun.ts";
import { openSharedGpu } from "../../engine/gpu/sharedGpu.fixture.ts";

/** The golden model with the last bit of every weight turned over, as of another step of the same training. */
async function sibling(): Promise<Folder> {
  const folder = await goldenFolder("llama");
  const files: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const name of folder.list()) {
    const source = await folder.open(name);
    files[name] = await source.read(0, source.size);
  }
  const weights = files["model.safetensors"] ?? new Uint8Array();
  const header = 8 + new DataView(weights.buffer).getUint32(0, true);
  for (let at = header; at < weights.length; at += 4) weights[at] = (weights[at] ?? 0) ^ 1;
  return memoryFolder("llama", files);
}

/** A run of a worker that starts with these files. */
async function opened(files: CheckpointFiles, folder?: Folder) {
  const ctx = new Ctx(await openSharedGpu());
  const model = await openModel(ctx, folder ?? (await goldenFolder("llama")));
  const logits: GateLogits[] = [];
  const run = new TrainingRun(ctx, model, {
    send: () => undefined,
    onLogits: (one) => void logits.push(one),
    measure: () => Promise.resolve(),
    files,
  });
  await run.findCheckpoint();
  const end = async (): Promise<void> => {
    await run.reset();
    ctx.gpu.destroy();
  };
  return { run, model, logits, end };
}

test("a model of the same config and shapes, but other weights, takes no part in a run", async () => {
  const files = new CheckpointFiles();
  const recipe = { ...EVERY_RATIO, steps: 6, checkpointEvery: 1 };
  const text = { name: "t", sha256: "t", ids: Uint32Array.from({ length: 400 }, (_, i) => (i * 7) % 256) };
  const first = await opened(files);
  await first.run.train(recipe, text, { steps: 2 });
  const second = await opened(files, await sibling());
  expect(second.model.fingerprint).toBe(first.model.fingerprint);
  expect(second.model.identity).not.toBe(first.model.identity);
  const resumed = async () => second.run.train(recipe, text, { resume: true });
  await expect(resumed()).rejects.toMatchObject({ code: "config" });
  expect(await second.run.train(recipe, text, { steps: 1 })).toMatchObject({ step: 1 });
  for (const { end } of [first, second]) await end();
});

test("a run that another visit left goes on with the target of now, and one that has ended begins anew", async () => {
  const files = new CheckpointFiles();
  const recipe = { ...EVERY_RATIO, ratioMode: "one", ratio: 0.5, steps: 6, checkpointEvery: 1 } as const;
  const text = { name: "t", sha256: "t", ids: Uint32Array.from({ length: 400 }, (_, i) => (i * 7) % 256) };
  const first = await opened(files);
  expect(await first.run.train(recipe, text, { steps: 2 })).toMatchObject({ phase: "paused", step: 2 });
  first.run.freeSessions();
  const second = await opened(files);
  const moved = { ...recipe, ratio: 0.7 };
  expect(await second.run.train(moved, text)).toMatchObject({ phase: "done", step: 6 });
  expect(second.logits.at(-1)?.targets).toEqual([
    [0, 0.5],
    [2, 0.7],
  ]);
  second.run.freeSessions();
  const third = await opened(files);
  expect(await third.run.train({ ...recipe, ratio: 0.6 }, text, { steps: 1 })).toMatchObject({ step: 1 });
  expect(third.logits.at(-1)?.targets).toEqual([[0, 0.6]]);
  for (const { end } of [first, second, third]) await end();
});

test("a saved run is resumed on its own text, and otherwise refused and kept", async () => {
  const ctx = new Ctx(await openSharedGpu());
  const opened = await openModel(ctx, await goldenFolder("llama"));
  const files = new CheckpointFiles();
  const { run: before, text } = await trainedRun(ctx, opened, EVERY_RATIO, files);
  before.freeSessions();
  const sent: WorkerEvent[] = [];
  const run = new TrainingRun(ctx, opened, {
    send: (event) => void sent.push(event),
    onLogits: () => undefined,
    measure: () => Promise.resolve(),
    files,
  });
  await run.findCheckpoint();
  const offers = () => sent.filter(({ type }) => type === "resumable");
  expect(offers()).toEqual([{ type: "resumable", recipe: EVERY_RATIO, step: EVERY_RATIO.steps }]);
  const resume = async (sha256: string) => run.train(EVERY_RATIO, { ...text, sha256 }, { resume: true });
  await expect(resume("another")).rejects.toThrow(
    /^calibration text: expected the one that the saved run was trained on/,
  );
  // the page has taken the first offer off
  expect(offers()).toHaveLength(2);
  expect(await resume(text.sha256)).toEqual({ phase: "done", step: EVERY_RATIO.steps, of: EVERY_RATIO.steps });
  await run.reset();
  ctx.gpu.destroy();
});
