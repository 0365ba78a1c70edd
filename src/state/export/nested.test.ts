// Several ratios as one model: which lists are accepted or refused, and preparing in turn, with a cancel.
import { describe, expect, it } from "vitest";
import { EngineError, RECIPE_BOUNDS } from "../../engine/index.ts";
import type { Replies } from "../../worker/protocol.ts";
import { readNestedList, usualList } from "./nestedList.ts";
import { architectureAt, AT_HALF, bench, type Script } from "../client.fixture.ts";

const BOUNDS = { from: 0.35, to: 0.95 };

describe("the list", () => {
  it("is the usual ratios within the run's range, or the ends of the range", () => {
    expect(usualList(BOUNDS)).toBe("0.8, 0.7, 0.6, 0.5, 0.4");
    expect(usualList({ from: 0.5, to: 0.7 })).toBe("0.7, 0.6, 0.5");
    expect(usualList({ from: 0.82, to: 0.9 })).toBe("0.9, 0.82");
  });

  it.each([
    { from: 0.65, to: 0.75 },
    { from: 0.85, to: RECIPE_BOUNDS.ratioTo.max },
    { from: RECIPE_BOUNDS.ratioFrom.min, to: 0.3 },
  ])("of a run for %o is accepted as it is offered", (range) => {
    expect(readNestedList(usualList(range), range)).toEqual({ ok: true, ratios: [range.from, range.to] });
  });

  it("is sorted, and may contain the ends of the range", () => {
    expect(readNestedList("0.95,0.35, 0.5", BOUNDS)).toEqual({ ok: true, ratios: [0.35, 0.5, 0.95] });
  });

  it.each([
    [
      "0.8, 0.3, 0.2",
      "The list: expected ratios from 0.35 to 0.95, which the run was trained for, got 0.2, 0.3. Leave those out",
    ],
    ["0.5", "The list: expected at least two ratios, got 0.5"],
    ["80, 50", 'The list: expected ratios from 0.05 to 1, separated by commas, got "80"; 80 % is 0.8'],
    ["0.5, 0.5", "The list: expected each ratio once, got 0.5 twice"],
  ])("%j is refused", (text, reason) => {
    const read = readNestedList(text, BOUNDS);
    expect(read.ok ? "" : read.reason).toContain(reason);
  });
});

async function everyRatio(script: Script = {}) {
  const studio = bench(script);
  await studio.store.getState().open({ kind: "embedded" });
  await studio.settle();
  studio.store.setState({ architecture: { ...architectureAt(0.5, 9), trainedFor: BOUNDS } });
  studio.sent.length = 0;
  return studio;
}

describe("the nested export", () => {
  it("requests the usual ratios, or those of the list, measured on the evaluation's tokens", async () => {
    const { store, sent } = await everyRatio();
    await store.getState().prepareNested();
    const { evaluationTokens: tokens, exportChoice: choice } = store.getState();
    expect(sent).toEqual([{ type: "prepareNested", ratios: [0.4, 0.5, 0.6, 0.7, 0.8], tokens, choice }]);
    expect(store.getState().nested).toMatchObject({ phase: "prepared", last: { step: 9, choice } });
    store.getState().setNestedList("0.9, 0.5");
    await store.getState().prepareNested();
    expect(sent.at(-1)).toMatchObject({ ratios: [0.5, 0.9] });
  });

  it("requests nothing if the list is refused or the run is for one ratio", async () => {
    const { store, sent } = await everyRatio();
    store.getState().setNestedList("0.5");
    await store.getState().prepareNested();
    store.getState().setNestedList("0.5, 0.6");
    store.setState({ architecture: architectureAt(0.5, 9) });
    await store.getState().prepareNested();
    expect(sent).toEqual([]);
  });

  it("that is cancelled while it waits for its turn is never requested", async () => {
    let answer = (): void => undefined;
    const waiting = new Promise<Replies["prepareExport"]>((resolve) => {
      answer = () => resolve({ checks: [], of: AT_HALF });
    });
    const { store, types, settle } = await everyRatio({ prepareExport: () => waiting });
    const forms = store.getState().prepareExport();
    const nested = store.getState().prepareNested();
    await settle();
    await store.getState().cancelNested();
    answer();
    await Promise.all([forms, nested]);
    expect(types()).toEqual(["prepareExport", "cancel"]);
    expect(store.getState().nested).toEqual({ phase: "none", last: null });
  });

  it("that fails shows why, keeps the earlier one, and is cleared with its model", async () => {
    const error = new EngineError("storage", "disk full");
    const { store } = await everyRatio({ prepareNested: () => Promise.reject(error) });
    const before = await everyRatio();
    await before.store.getState().prepareNested();
    const { last } = before.store.getState().nested;
    store.setState({ nested: { phase: "none", last } });
    await store.getState().prepareNested();
    expect(last).not.toBeNull();
    expect(store.getState().nested).toEqual({ phase: "failed", last, error });
    await store.getState().open({ kind: "hub", address: "a/b" });
    expect(store.getState().nested).toEqual({ phase: "none", last: null });
  });
});
