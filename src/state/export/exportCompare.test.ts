// Exports, speed and generated text: prepared before offered, streamed into place, and errors where they belong.
import { describe, expect, it } from "vitest";
import { EngineError } from "../../engine/index.ts";
import type { Replies } from "../../worker/protocol.ts";
import { architectureAt, AT_HALF, bench } from "../client.fixture.ts";
import type { Script } from "../client.fixture.ts";

async function pruned(script: Script = {}) {
  const studio = bench(script);
  await studio.store.getState().open({ kind: "embedded" });
  await studio.settle();
  studio.store.setState({ architecture: architectureAt(0.5, 9) });
  studio.sent.length = 0;
  return studio;
}

describe("export", () => {
  it("stores which masks the prepared files are of: those of its turn, not of the click", async () => {
    const studio = await pruned({ prepareExport: () => ({ checks: [], of: { ...AT_HALF, ratio: 0.45 } }) });
    await studio.store.getState().prepareExport();
    studio.store.getState().setRatio(0.4);
    expect(studio.store.getState().exported).toMatchObject({
      phase: "prepared",
      last: { of: { ratio: 0.45, step: 9 } },
    });
  });

  it("requests every form, written as chosen, and stores the choice that the files were written with", async () => {
    const studio = await pruned();
    const { chooseExport, prepareExport } = studio.store.getState();
    chooseExport({ dtype: "F16" });
    chooseExport({ shardBytes: 2e9 });
    await prepareExport();
    const choice = { dtype: "F16", shardBytes: 2e9, gguf: null };
    expect(studio.sent).toEqual([{ type: "prepareExport", forms: ["masked", "compact", "onnx"], choice }]);
    chooseExport({ dtype: null });
    expect(studio.store.getState().exportChoice).toEqual({ dtype: null, shardBytes: 2e9, gguf: null });
    expect(studio.store.getState().exported).toMatchObject({ phase: "prepared", last: { choice } });
  });

  it("shows a form that failed its check beside those that passed", async () => {
    const nothing = { dtype: "F16", files: [], bytes: 0, runtime: "", version: "", tokens: 64 } as const;
    const failed = {
      ...nothing,
      form: "onnx",
      largestDifference: NaN,
      equalArgmax: 0,
      ok: false,
      reason: "no",
    } as const;
    const passed = { ...nothing, form: "masked", largestDifference: 0, equalArgmax: 1, ok: true } as const;
    const studio = await pruned({ prepareExport: () => ({ checks: [passed, failed], of: AT_HALF }) });
    await studio.store.getState().prepareExport();
    expect(studio.store.getState().exported).toMatchObject({ phase: "prepared", last: { checks: [passed, failed] } });
  });

  it("keeps the earlier export when a second one is cancelled or fails", async () => {
    let error: EngineError | null = null;
    const studio = await pruned({ prepareExport: () => (error ? Promise.reject(error) : { checks: [], of: AT_HALF }) });
    await studio.store.getState().prepareExport();
    error = new EngineError("cancelled", "cancelled");
    await studio.store.getState().prepareExport();
    expect(studio.store.getState().exported.phase).toBe("prepared");
    error = new EngineError("storage", "disk full");
    await studio.store.getState().prepareExport();
    expect(studio.store.getState().exported).toMatchObject({ phase: "failed", last: { of: { step: 9 } }, error });
  });

  it("that is cancelled while it waits for its turn is never requested", async () => {
    let answer = (): void => undefined;
    const written = new Promise<Replies["generate"]>((resolve) => {
      answer = () => resolve({ dense: "d", pruned: "p", of: AT_HALF });
    });
    const { store, settle, types } = await pruned({ generate: () => written });
    const before = store.getState().generate();
    const waiting = store.getState().prepareExport();
    await settle();
    await store.getState().cancelExport();
    answer();
    await Promise.all([before, waiting]);
    expect(types()).toEqual(["generate", "cancel"]);
    expect(store.getState().exported).toEqual({ phase: "none", last: null });
  });

  it("saves a zip, and shows why a folder failed", async () => {
    const studio = await pruned({ saveFolder: () => Promise.reject(new EngineError("storage", "refused")) });
    expect(await studio.store.getState().saveZip("masked")).toMatchObject({ name: "masked.zip" });
    expect(studio.store.getState().saving).toMatchObject({ phase: "saved", form: "masked" });
    const folder = { name: "out" } as FileSystemDirectoryHandle;
    await studio.store.getState().saveFolder("compact", folder);
    expect(studio.store.getState()).toMatchObject({ saving: { phase: "none" }, saveError: { message: "refused" } });
  });
});

describe("cancelling", () => {
  it("reaches the worker while the task runs, and is no error", async () => {
    let stop = (): void => undefined;
    const running = () => new Promise<never>((_, reject) => (stop = () => reject(new EngineError("cancelled", "no"))));
    const cancel = () => (stop(), null);
    const studio = await pruned({ saveZip: running, speed: running, cancel });
    const { prepareExport, measureSpeed, cancelSpeed, saveZip, cancelSave } = studio.store.getState();
    await prepareExport();
    const measuring = measureSpeed();
    await studio.settle();
    await cancelSpeed();
    await measuring;
    const saving = saveZip("masked");
    await cancelSave();
    expect(await saving).toBeNull();
    await Promise.all([cancelSpeed(), cancelSave()]);
    const cancels = ["speed", "save"].map((task) => ({ type: "cancel", task }));
    expect(studio.sent.filter(({ type }) => type === "cancel")).toEqual(cancels);
    expect(studio.store.getState()).toMatchObject({
      speed: { phase: "none" },
      saving: { phase: "none" },
      saveError: null,
    });
  });
});

describe("speed", () => {
  it("is that of the prepared export; a cancel is no error, a failure is shown", async () => {
    let error: EngineError | null = null;
    const report = { adapter: "test", tokens: 64, decodeTokens: 16, repeats: 5, rows: [] };
    const studio = await pruned({ speed: () => (error ? Promise.reject(error) : report) });
    await studio.store.getState().measureSpeed();
    expect(studio.types()).toEqual([]);
    await studio.store.getState().prepareExport();
    await studio.store.getState().measureSpeed();
    expect(studio.store.getState().speed).toMatchObject({ phase: "measured", report, of: { of: AT_HALF } });
    error = new EngineError("cancelled", "cancelled");
    await studio.store.getState().measureSpeed();
    expect(studio.store.getState().speed).toEqual({ phase: "none" });
    error = new EngineError("limit", "too long");
    await studio.store.getState().measureSpeed();
    expect(studio.store.getState().speed).toMatchObject({ phase: "failed", error });
  });
});

it("a measured time per token is stored in the saved run, if the export is of the current masks", async () => {
  const spread = (median: number) => ({ median, min: median, max: median });
  const ms = { dense: spread(4), pruned: spread(3) };
  const row = { runtime: "engine", version: "1", what: "decode", ms, speedup: 4 / 3, clear: true } as const;
  const report = { adapter: "test", tokens: 64, decodeTokens: 16, repeats: 5, rows: [row] };
  const studio = await pruned({ speed: () => report });
  await studio.store.getState().prepareExport();
  await studio.store.getState().measureSpeed();
  await studio.settle();
  expect(studio.sent.at(-1)).toEqual({ type: "record", of: "shown", msPerToken: { dense: 4, pruned: 3 } });
  studio.store.setState({ architecture: architectureAt(0.4, 9) });
  studio.sent.length = 0;
  await studio.store.getState().measureSpeed();
  await studio.settle();
  expect(studio.types()).toEqual(["speed"]);
});

describe("generated text", () => {
  it("is streamed to its side and ends with the worker's full texts", async () => {
    let finish = (): void => undefined;
    const studio = await pruned({
      generate: () =>
        new Promise((resolve) => (finish = () => resolve({ dense: "a b.", pruned: "a c.", of: AT_HALF }))),
    });
    const writing = studio.store.getState().generate();
    await studio.settle();
    studio.emit({ type: "text", subject: "dense", piece: "a ", done: false });
    studio.emit({ type: "text", subject: "pruned", piece: "a c", done: false });
    studio.emit({ type: "text", subject: "dense", piece: "b", done: false });
    expect(studio.store.getState()).toMatchObject({
      denseText: "a b",
      prunedText: "a c",
      generation: { phase: "writing" },
    });
    finish();
    await writing;
    expect(studio.store.getState()).toMatchObject({
      denseText: "a b.",
      prunedText: "a c.",
      generation: { of: AT_HALF },
    });
  });

  it.each([
    ["bug", "failed"],
    ["cancelled", "stopped"],
  ] as const)("keeps the pieces that arrived before %s, and of which pruning they are", async (code, phase) => {
    let fail = (): void => undefined;
    const studio = await pruned({
      generate: () => new Promise((_, reject) => (fail = () => reject(new EngineError(code, "no")))),
    });
    const writing = studio.store.getState().generate();
    await studio.settle();
    studio.emit({ type: "text", subject: "dense", piece: "once", done: false });
    fail();
    await writing;
    expect(studio.store.getState()).toMatchObject({ denseText: "once", generation: { phase, of: AT_HALF } });
  });
});

describe("notices", () => {
  it("show a dead worker as such, and other errors once", async () => {
    const studio = await pruned();
    const error = new EngineError("storage", "no room for the checkpoint").toPlain();
    studio.emit({ type: "error", error, during: "train" });
    studio.emit({ type: "error", error, during: "train" });
    expect(studio.store.getState().notices).toHaveLength(1);
    studio.emit({ type: "error", error: new EngineError("bug", "gone").toPlain(), during: "device" });
    expect(studio.store.getState().device.phase).toBe("dead");
  });
});
