// A saved run is resumed on the text that it was trained on, and on no other: that would be a new run in its place.
import { expect, test } from "vitest";
import { goldenFolder } from "../../engine/golden/folders.fixture.ts";
import { Ctx, openModel } from "../../engine/index.ts";
import type { WorkerEvent } from "../protocol.ts";
import { CheckpointFiles } from "./checkpointFile.ts";
import { EVERY_RATIO, trainedRun } from "./everyRatioRun.fixture.ts";
import { TrainingRun } from "./trainingRun.ts";
import { openSharedGpu } from "../../engine/gpu/sharedGpu.fixture.ts";

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
