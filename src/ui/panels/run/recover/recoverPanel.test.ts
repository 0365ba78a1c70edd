// The recovery's panel, rendered: when it is there, what its button allows, and what it says of the outcome.
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { bench, RECOVERED, REFITTED } from "../../../../state/client.fixture.ts";
import { stateNamed } from "../../../../state/states.fixture.ts";
import type { StudioState } from "../../../../state/storeState.ts";
import { StudioProvider } from "../../../studioContext.tsx";
import { RecoverPanel } from "./RecoverPanel.tsx";

function rendered(state: StudioState): string {
  const { store, series } = bench();
  const studio = { store: { ...store, getState: () => state, getInitialState: () => state }, series };
  return renderToStaticMarkup(createElement(StudioProvider, { studio, children: createElement(RecoverPanel) }));
}

it("is there once something is pruned and no run trains", () => {
  expect(rendered(stateNamed("a model is open"))).toBe("");
  expect(rendered(stateNamed("a run trains"))).toBe("");
  const html = rendered({ ...stateNamed("a run is done"), recoverPace: 400 });
  expect(html).toMatch(/<button[^>]*data-testid="recover"[^>]*aria-describedby="recover-estimate"/);
  expect(html).not.toMatch(/<button[^>]*data-testid="recover"[^>]*disabled/);
  expect(html).toMatch(/about 2 min[^<]*: 300 steps/);
});

it("offers a refit, says what it did, and lets training follow", () => {
  const before = rendered(stateNamed("a run is done"));
  expect(before).toMatch(/<button[^>]*data-testid="refit"[^>]*aria-describedby="refit-hint"/);
  expect(before).not.toMatch(/<button[^>]*data-testid="refit"[^>]*disabled/);
  const refitted = rendered(stateNamed("a model is refitted"));
  expect(refitted).toContain("Refitted by least squares. Moving the target leaves the refitted weights.");
  expect(refitted).toContain("Back to before the refit");
  expect(refitted).toMatch(/<button[^>]*data-testid="refit"[^>]*disabled/);
  expect(refitted).not.toMatch(/<button[^>]*data-testid="recover"[^>]*disabled/);
  const facts = { ...REFITTED, undone: true, guard: { ...REFITTED.guard, best: 27, bestStep: 0, last: 28 } };
  const undone = { ...stateNamed("a run is done"), recovery: { phase: "undone", facts, readings: [] } } as const;
  expect(rendered(undone)).toMatch(/Undone: .+perplexity was 27\.00 before and 28\.00 after/);
});

it("says what a recovery did, and lets it be undone", () => {
  const recovered = rendered(stateNamed("a model is recovered"));
  expect(recovered).toContain("Recovered: 300 of 300 steps. Moving the target leaves the recovered weights.");
  expect(recovered).toContain('data-testid="recover-undo"');
  expect(recovered).toMatch(/<button[^>]*data-testid="recover"[^>]*disabled/);
  const facts = { ...RECOVERED, undone: true, guard: { ...RECOVERED.guard, best: 27, bestStep: 0, last: 28 } };
  const undone = { ...stateNamed("a run is done"), recovery: { phase: "undone", facts, readings: [] } } as const;
  expect(rendered(undone)).toMatch(/Undone: .+perplexity was 27\.00 before and 28\.00 after/);
});

it("offers a paused recovery, also where nothing is pruned", () => {
  const paused = rendered(stateNamed("a recovery is paused"));
  expect(paused).toContain("Paused at step 100 of 300: DISP 50 %, seed 1. A new recovery replaces it.");
  expect(paused).toMatch(/<button[^>]*data-testid="recover"/);
  const { pausedRecovery } = stateNamed("a recovery is paused");
  const reloaded = rendered({ ...stateNamed("a model is open"), pausedRecovery });
  expect(reloaded).toMatch(/<button[^>]*data-testid="recover-resume"/);
  expect(reloaded).not.toMatch(/data-testid="recover"/);
});

it("offers the rank of adapters only while they are chosen", () => {
  const done = stateNamed("a run is done");
  expect(rendered(done)).not.toContain('data-testid="recover-rank"');
  const html = rendered({ ...done, recoverChoice: { steps: 300, matrices: "all", rank: 16, seed: 1 } });
  expect(html).toMatch(/<option value="lowRank" selected="">Low rank \(LoRA\) on all matrices/);
  expect(html).toMatch(/data-testid="recover-rank"[^>]*value="16"|value="16"[^>]*data-testid="recover-rank"/);
  expect(html).toContain("300 steps, low rank 16");
});
