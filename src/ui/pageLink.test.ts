// @vitest-environment happy-dom
// The page's address: settings in it are taken, and the id of an element, or anything else that is not a setting, changes nothing.
import { beforeEach, expect, it } from "vitest";
import { comparisonLink } from "../engine/index.ts";
import { bench } from "../state/client.fixture.ts";
import { gatesRun } from "../state/runs/savedRuns.fixture.ts";
import { linkPage } from "./pageLink.ts";

const studio = bench();
const { store } = studio;
linkPage(store);

const go = (hash: string): void => {
  history.replaceState(null, "", `/${hash}`);
  dispatchEvent(new HashChangeEvent("hashchange"));
};
const settings = (): unknown => {
  const { method, recipe, weightRecipe, calibration, evaluation } = store.getState();
  return { method, recipe, weightRecipe, calibration, evaluation };
};

beforeEach(() => {
  document.body.innerHTML = '<h2 id="weights-heading"></h2><figure id="figure-map"></figure><b id="übersicht"></b>';
  for (const { id } of store.getState().notices) store.getState().dismiss(id);
  go("#keep=0.68&steps=60&seed=2&method=dass");
});

it("takes settings", () => {
  expect(store.getState()).toMatchObject({ method: "dass", recipe: { ratio: 0.68, steps: 60, seed: 2 } });
});

it.each(["#weights-heading", "#figure-map", "#übersicht", "#%C3%BCbersicht"])(
  "ignores %s, the id of an element, and keeps the link",
  (hash) => {
    const before = settings();
    go(hash);
    expect(settings()).toEqual(before);
    expect(store.getState().notices).toEqual([]);
    expect(location.hash).toContain("method=dass");
  },
);

it.each(["#nowhere", "#utm_source=mail", "#%", "#a=b&c=d"])("changes nothing for %s, but says so", (hash) => {
  const before = settings();
  go(hash);
  expect(settings()).toEqual(before);
  expect(store.getState().notices.map(({ error, context }) => [error.message, context])).toEqual([
    [
      expect.stringMatching(
        /^The link has no setting that Espalier knows, so nothing was changed: .+ is not a setting\.$/,
      ),
      "link",
    ],
  ]);
});

it("takes settings while an earlier run is being discarded", () => {
  store.setState({ pendingCommand: "reset" });
  go("#v=2&steps=9");
  expect(store.getState()).toMatchObject({ recipe: { steps: 9 }, notices: [] });
  store.setState({ pendingCommand: null });
});

it.each(["training", "paused"] as const)("changes nothing of a run that is %s, and says so", (phase) => {
  store.setState({ run: { phase, step: 3, of: 60 } });
  const before = settings();
  go("#v=2&keep=0.4&steps=9&calibration=moby-train&method=wanda");
  expect(settings()).toEqual(before);
  expect(store.getState().notices.at(-1)?.error.message).toMatch(/^A run has begun, and a link must not change/);
  expect(location.hash).toContain("steps=60");
  store.setState({ run: { phase: "idle" } });
});

it("takes the prompt, and the evaluation length once its model is open; a model is named, not opened", async () => {
  go("#v=2&seed=4&evaluationTokens=4096&prompt=Once%20upon&model=other");
  expect(store.getState()).toMatchObject({ prompt: "Once upon", evaluationTokens: 2048, model: { phase: "closed" } });
  expect(store.getState().notices.at(-1)?.error.message).toContain("This link is of the model other.");
  await store.getState().open({ kind: "embedded" });
  expect(store.getState().evaluationTokens).toBe(2048);
  expect(studio.sent.filter(({ type }) => type === "open")).toHaveLength(1);
  expect(store.getState().notices).toHaveLength(1);
  const { model } = store.getState();
  if (model.phase !== "open") throw new Error("expected an open model");
  const facts = { ...model.facts, name: "other" };
  store.setState({ model: { ...model, facts }, source: { kind: "hub", address: "x/other" } });
  expect(store.getState().notices).toEqual([]);
  expect(store.getState().evaluationTokens).toBe(4096);
  store.setState({ model });
});

it("takes the evaluation length of the last link", () => {
  go("#v=2&seed=4&evaluationTokens=8192&model=later");
  go("#v=2&seed=4&evaluationTokens=1024");
  expect(store.getState().evaluationTokens).toBe(1024);
  const { model } = store.getState();
  if (model.phase !== "open") throw new Error("expected an open model");
  store.setState({ model: { ...model, facts: { ...model.facts, name: "later" } } });
  expect(store.getState().evaluationTokens).toBe(1024);
  store.setState({ model });
});

it("describes a hostile link in a line or two", () => {
  const long = "x".repeat(20_000);
  for (const hash of [
    `#${long}=1`,
    `#seed=${long}`,
    `#estimator=${long}`,
    `#pattern=${long}`,
    `#calibration=${long}`,
  ]) {
    go(`${hash}&seed=3`);
    expect(store.getState().notices.at(-1)?.error.message.length).toBeLessThan(400);
  }
  const many = Array.from({ length: 3000 }, (_, i) => `key${i}=${long.slice(0, 20)}`).join("&");
  go(`#seed=3&${many}`);
  expect(store.getState().notices.at(-1)?.error.message).toMatch(/; and 2996 more\.$/);
});

it("shows the comparison of its link, keeps that address, and touches no setting", async () => {
  const { record } = gatesRun("a");
  const before = settings();
  go(`#comparison=${(await comparisonLink({ a: record, b: null })) ?? ""}`);
  await expect.poll(() => store.getState().linkedComparison).toEqual({ a: record, b: null });
  expect(settings()).toEqual(before);
  expect(location.hash).toMatch(/^#comparison=/);
  store.getState().closeComparison();
  go("#comparison=damaged");
  await expect
    .poll(() =>
      store
        .getState()
        .notices.map(({ error }) => error.message)
        .join(),
    )
    .toContain("comparison: expected");
  expect(store.getState().linkedComparison).toBeNull();
});
