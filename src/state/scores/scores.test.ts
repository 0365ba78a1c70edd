// Zero-shot tasks in the store: choosing them, scoring them, what is shown of them, and saving them with their run.
import { describe, expect, it } from "vitest";
import { EngineError } from "../../engine/index.ts";
import { architectureAt, AT_HALF, bench, type Script } from "../client.fixture.ts";
import { gatesRun } from "../runs/savedRuns.fixture.ts";
import { shownScores } from "./scoresSlice.ts";

const FILE = '{"query": "a", "choices": ["b", "c"], "gold": 1}\n';

async function trained(script: Script = {}) {
  const studio = bench(script);
  const state = () => studio.store.getState();
  await state().open({ kind: "embedded" });
  await studio.settle();
  studio.store.setState({ architecture: architectureAt(0.5, 9), run: { phase: "done", step: 9, of: 9 } });
  studio.sent.length = 0;
  return { ...studio, state };
}

describe("choosing tasks", () => {
  it("reads a file, and names file, line and field of a wrong one, which leaves the file before", async () => {
    const { state } = await trained();
    await state().chooseTaskFile("mine.jsonl", FILE);
    expect(state().taskFile).toMatchObject({ file: { name: "mine.jsonl" }, task: { name: "mine", kind: "choices" } });
    expect(state().taskFile?.file.sha256).toMatch(/^[0-9a-f]{64}$/);
    await state().chooseTaskFile("bad.jsonl", FILE + '{"query": "a", "choices": ["b", "c"], "gold": 2}\n');
    expect(state().taskFileError?.message).toMatch(
      /^bad\.jsonl, line 2: gold: expected a whole number from 0 to 1, got 2/,
    );
    expect(state().taskFile?.file.name).toBe("mine.jsonl");
    state().dropTaskFile();
    expect(state()).toMatchObject({ taskFile: null, taskFileError: null });
  });

  it("does nothing where none is chosen", async () => {
    const { state, types } = await trained();
    state().toggleTask("last-word");
    expect(state().madeTasks).toEqual(["next-sentence"]);
    state().toggleTask("next-sentence");
    await state().scoreTasks();
    expect(types()).toEqual([]);
  });
});

describe("scores", () => {
  it("are of what is shown, and say so when something else is", async () => {
    const { state, sent, store } = await trained();
    await state().chooseTaskFile("mine.jsonl", FILE);
    state().setTaskItems(50);
    await state().scoreTasks();
    const [command] = sent;
    expect(command).toMatchObject({ type: "scoreTasks", items: 50, seed: 1, tokens: 2048 });
    expect(command?.type === "scoreTasks" && command.tasks).toMatchObject([
      { made: "next-sentence" },
      { made: "last-word" },
      { file: { name: "mine.jsonl" } },
    ]);
    expect(shownScores(state())).toMatchObject({ words: "DISP 50 %, seed 1", current: true });
    store.setState({ architecture: architectureAt(0.6, 9) });
    expect(shownScores(state())).toMatchObject({ words: "DISP 50 %, seed 1", current: false });
  });

  it("stay when others are stopped or fail", async () => {
    const { state, store } = await trained();
    await state().scoreTasks();
    const before = shownScores(state());
    const again = await trained({ scoreTasks: () => Promise.reject(new EngineError("shape", "too short")) });
    again.store.setState({ scores: store.getState().scores });
    await again.state().scoreTasks();
    expect(again.state().scores).toMatchObject({ phase: "failed", error: { code: "shape" } });
    expect(shownScores(again.state())?.scores).toEqual(before?.scores);
  });

  it("are saved with the run, also where that is saved later, and not where the measurement was stopped", async () => {
    const { state } = await trained({ record: () => gatesRun("a") });
    await state().saveRun();
    expect(state().runs?.[0]?.scores).toBeUndefined();
    await state().scoreTasks();
    expect(state().runs).toMatchObject([{ id: "a", scores: { models: [{ model: "dense" }, { model: "pruned" }] } }]);

    const later = await trained({ record: () => gatesRun("b") });
    later.store.setState({ scores: state().scores });
    await later.state().saveRun();
    expect(later.state().runs?.[0]?.scores).toEqual(state().runs?.[0]?.scores);

    const { scores } = state();
    const last = scores.phase === "measured" ? scores.last : null;
    const stopped = await trained({
      record: () => gatesRun("c"),
      scoreTasks: () => ({ of: AT_HALF, scores: last!.scores, stopped: true }),
    });
    await stopped.state().saveRun();
    await stopped.state().scoreTasks();
    expect(stopped.state().runs?.[0]?.scores).toBeUndefined();
  });

  it("of a restored run are shown until others are measured", async () => {
    const { state } = await trained({ record: () => gatesRun("a") });
    await state().saveRun();
    await state().scoreTasks();
    const saved = state().runs?.[0];
    const { state: fresh, store } = await trained();
    store.setState({ restored: { record: saved!, missing: [] }, architecture: architectureAt(0.5, 9, "a") });
    expect(shownScores(fresh())).toMatchObject({ scores: saved?.scores, current: true });
  });
});
