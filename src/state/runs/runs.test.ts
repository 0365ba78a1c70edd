// Saved runs: saved once when they end, renamed, removed and brought back, exported, imported, restored.
import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE, EngineError, recordJson, RUN_FORMAT, runJson } from "../../engine/index.ts";
import type { Run } from "../../engine/index.ts";
import { architectureAt, bench } from "../client.fixture.ts";
import { readable } from "./runStore.ts";

const TEXT = { name: "held", sha256: "ab".repeat(32) };

function run(id: string, mask = "AQ=="): Run {
  const perplexity = { text: TEXT, context: 16, tokens: 64, beginToken: false, dense: 20, pruned: 27 };
  return {
    record: {
      format: RUN_FORMAT,
      id,
      name: id,
      finished: `2026-11-24T10:00:0${id.length}.000Z`,
      adapter: "test",
      model: { name: "tiny", modelType: "llama", fingerprint: "f" },
      made: { kind: "disp", recipe: DEFAULT_RECIPE, steps: 9 },
      calibration: TEXT,
      perplexity,
      kept: { blockWeights: { kept: 1, of: 2 }, modelWeights: { kept: 1, of: 2 }, bytes: 4 },
      msPerToken: null,
    },
    masks: { kind: "gates", sizes: [4], masks: [mask] },
  };
}
const names = (studio: ReturnType<typeof bench>) => studio.store.getState().runs?.map(({ name }) => name);
const text = (...runs: Run[]): string => JSON.stringify(runs.map(runJson));

describe("saving", () => {
  it("requests the record once a run has ended and both perplexities are measured", async () => {
    const studio = bench({ record: () => run("a") });
    const { getState } = studio.store;
    await getState().loadRuns();
    await getState().open({ kind: "embedded" });
    await studio.settle();
    expect(studio.types()).not.toContain("record");
    await getState().train();
    studio.frame();
    await studio.settle();
    studio.pass(1000);
    await studio.settle();
    expect(studio.sent).toContainEqual({ type: "record", of: "run", msPerToken: null });
    expect(names(studio)).toEqual(["a"]);
  });

  it("saves the same masks on the same text once, and stores a time that is measured later", async () => {
    let next = run("a");
    const studio = bench({ record: () => next });
    const { saveRun, saveTime } = studio.store.getState();
    const shown = (id: string) => studio.store.setState({ architecture: architectureAt(0.5, 9, id) });
    shown("first");
    await saveRun();
    next = run("bb");
    next = { ...next, record: { ...next.record, adapter: "another" } };
    await saveTime({ dense: 4, pruned: 3 });
    const timed = { id: "a", msPerToken: { dense: 4, pruned: 3 }, adapter: "another" };
    expect(studio.store.getState().runs).toMatchObject([timed]);
    next = run("ccc", "Aw==");
    shown("second");
    await saveRun();
    expect(names(studio)).toEqual(["ccc", "a"]);
  });

  it("saves a run beside an alike one whose masks cannot be read", async () => {
    const studio = bench({ record: () => run("bb") });
    studio.store.setState({ runs: [run("a").record], architecture: architectureAt(0.5, 9) });
    await studio.store.getState().saveRun();
    expect(names(studio)).toEqual(["bb", "a"]);
    expect(studio.store.getState().runsError).toBeNull();
  });

  it("saves nothing if the worker has no record", async () => {
    const studio = bench();
    studio.store.setState({ architecture: architectureAt(0.5, 9) });
    await studio.store.getState().saveRun();
    expect(studio.store.getState()).toMatchObject({ runs: null, runsError: null });
  });
});

describe("the list", () => {
  it("renames, removes, and brings back", async () => {
    const studio = bench();
    const { importRuns, renameRun, removeRun, undoRemove, loadRuns } = studio.store.getState();
    await importRuns(text(run("a"), run("bb")), "runs.json");
    await renameRun("a", "  half  ");
    await renameRun("bb", " ");
    await loadRuns();
    expect(names(studio)).toEqual(["bb", "half"]);
    await removeRun("a");
    expect(names(studio)).toEqual(["bb"]);
    await undoRemove();
    await loadRuns();
    expect(names(studio)).toEqual(["bb", "half"]);
    expect(studio.store.getState().removedRuns).toEqual([]);
  });

  it("brings back more than the last removed run, the last one first", async () => {
    const studio = bench();
    const { importRuns, removeRun, undoRemove } = studio.store.getState();
    await importRuns(text(run("a"), run("bb"), run("ccc")), "runs.json");
    for (const id of ["a", "ccc", "bb"]) await removeRun(id);
    await importRuns(text(run("dddd")), "more.json");
    expect(names(studio)).toEqual(["dddd"]);
    await undoRemove();
    expect(names(studio)).toEqual(["dddd", "bb"]);
    await undoRemove();
    await undoRemove();
    await undoRemove();
    expect(names(studio)).toEqual(["dddd", "ccc", "bb", "a"]);
  });

  it("drops its note and its error with the next action, and when another model is opened", async () => {
    const studio = bench();
    const { importRuns, renameRun, open } = studio.store.getState();
    const said = () => [studio.store.getState().runsNote, studio.store.getState().runsError?.code ?? null];
    await importRuns(text(run("a")), "runs.json");
    expect(said()).toEqual([{ imported: 1, known: 0 }, null]);
    await renameRun("a", "half");
    expect(said()).toEqual([null, null]);
    await importRuns("{", "bad.json");
    expect(said()).toEqual([null, "format"]);
    await open({ kind: "hub", address: "a/b" });
    expect(said()).toEqual([null, null]);
  });

  it("imports what it exported, each id once, and nothing from a damaged file", async () => {
    const studio = bench();
    const { importRuns, exportRuns } = studio.store.getState();
    await importRuns(text(run("a"), run("bb"), run("a")), "runs.json");
    expect(studio.store.getState().runsNote).toEqual({ imported: 2, known: 1 });
    const other = bench();
    await other.store.getState().importRuns((await exportRuns(["a"])) ?? "", "one.json");
    await other.store.getState().importRuns((await exportRuns(["a", "bb"])) ?? "", "all.json");
    expect(other.store.getState()).toMatchObject({
      runsNote: { imported: 1, known: 1 },
      runs: [{ id: "bb" }, { id: "a" }],
    });
    await other.store.getState().importRuns(text(run("ccc"), run("dddd", "!")), "bad.json");
    expect(other.store.getState().runsError?.message).toContain("bad.json: [1].masks.masks[0]: expected");
    expect(names(other)).toEqual(["bb", "a"]);
  });

  it("counts records that cannot be read", () => {
    const { record } = run("a");
    const stored = recordJson(record);
    expect(readable([stored, { ...stored, kept: 3 }])).toEqual({ records: [record], unreadable: 1 });
  });
});

describe("with the worker", () => {
  it("restores a run, and measures it anew", async () => {
    const studio = bench();
    const { getState } = studio.store;
    await getState().open({ kind: "embedded" });
    await getState().importRuns(text(run("a")), "runs.json");
    await getState().restoreRun("a");
    await studio.settle();
    expect(studio.sent).toContainEqual({ type: "restore", run: run("a") });
    expect(getState()).toMatchObject({
      architecture: { ratio: 0.5, step: 9 },
      pruned: { last: { of: { ratio: 0.5, step: 9 } } },
    });
  });

  it("shows why a run cannot be restored", async () => {
    const studio = bench({ restore: () => Promise.reject(new EngineError("shape", "another model")) });
    await studio.store.getState().importRuns(text(run("a")), "runs.json");
    await studio.store.getState().restoreRun("a");
    expect(studio.store.getState().runsError?.message).toBe("another model");
  });

  it("reads losses by token, and can be cancelled", async () => {
    let stop = (): void => undefined;
    let waits = false;
    const waiting = () =>
      new Promise<never>((_, reject) => (stop = () => reject(new EngineError("cancelled", "stopped"))));
    const result = { text: "t", context: 4, tokens: ["a"], first: new Float32Array(1), second: new Float32Array(1) };
    const studio = bench({ tokenLosses: () => (waits ? waiting() : result), cancel: () => (stop(), null) });
    const { importRuns, compareLosses, cancelLosses } = studio.store.getState();
    await importRuns(text(run("a"), run("bb")), "runs.json");
    await compareLosses("a", "bb");
    expect(studio.store.getState().losses).toEqual({ phase: "read", first: "a", second: "bb", result });
    waits = true;
    const reading = compareLosses("a", "bb");
    await studio.settle();
    await cancelLosses();
    await reading;
    expect(studio.store.getState().losses).toEqual({ phase: "none" });
    expect(studio.sent.at(-1)).toEqual({ type: "cancel", task: "losses" });
  });
});
