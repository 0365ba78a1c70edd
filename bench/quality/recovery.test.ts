// The recovery section of bench/quality.md: which runs are planned, and what its cells show.
import { describe, expect, it } from "vitest";
import { keyOf } from "../../src/cli/compare/methods.ts";
import type { SectionRuns } from "./cells.ts";
import { batches, type Entry, EVERY, EVERY_RECOVERED, readEntries, RECOVERY } from "./plan.ts";
import { everyRecoverySection, recoverySection } from "./recovery.ts";

const own = batches().filter(({ of }) => of.name === RECOVERY.name);
const planned = own.flatMap(({ runs }) => runs);
const [measured] = readEntries();
if (!measured) throw new Error("expected measured runs");
const recovery = {
  recipe: {
    ...{ steps: 300, tokens: 128, matrices: RECOVERY.matrices, learningRate: 1e-3, weightDecay: 0, seed: 1 },
    ...{ hiddenWeight: 4, measureEvery: 50 },
  },
  ...{ bestStep: 300, guard: { before: 28, after: 24, tokens: 4096 }, weightsSha256: "0".repeat(64) },
};

/** A recovered run with these perplexities; without `before` its recovery was undone. */
function entry(key: string, after: number, before?: number): Entry {
  const record = { ...measured!.record, perplexity: { ...measured!.record.perplexity, pruned: after } };
  const of = before === undefined ? record : { ...record, recovery: { ...recovery, prunedBefore: before } };
  return { case: RECOVERY.name, key, record: of };
}

const row = (made: SectionRuns, label: string): string[] =>
  recoverySection(made)
    .split("\n")
    .find((line) => line.startsWith(`| ${label} |`))
    ?.split(" | ")
    .slice(1) ?? [];

describe("the recoveries of the table", () => {
  it("are planned once each, with three seeds, those of one training in one batch", () => {
    const keys = planned.map(keyOf);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toHaveLength(78);
    const with900 = own.find(({ runs }) => runs.some((run) => keyOf(run) === `${at(900)} seed 2`));
    expect(with900?.runs.map(keyOf)).toContain(`${at(300)} seed 2`);
    // scoring takes longer than a recovery, so only what the zero-shot tables show is scored
    expect(with900?.scoreItems).toBe(RECOVERY.scoreItems);
    const withRandom = own.find(({ runs }) => runs.some((run) => keyOf(run) === "random+refit keep 0.5 seed 2"));
    expect(withRandom?.runs.map(keyOf)).toContain("random+recover:300 keep 0.5 seed 2");
    expect(withRandom?.scoreItems).toBeUndefined();
  });

  it("say that they are not measured", () => {
    const made = { entries: [], planned };
    expect(row(made, "DISP + recover, 900 steps").join()).toMatch(/^(not measured,){4}not measured \|$/);
    expect(row(made, "sparsegpt")).toEqual(["not measured", "not measured", "not measured |"]);
    expect(row(made, "DISP + refit, no training").join()).toBe("not measured,–,–,not measured,– |");
  });

  it("show means before and after, and how many were undone", () => {
    const entries = [entry(`${at(300)} seed 1`, 24, 27), entry(`${at(300)} seed 2`, 29)];
    entries.push(entry("disp:full+refit keep 0.5 seed 3", 26, 27), entry("dass+refit 2:4 seed 1", 30, 33));
    const made = { entries, planned };
    expect(row(made, "DISP + refit, no training")[3]).toBe("26.00 (26.00–26.00) _1 of 3 seeds_");
    expect(row(made, "dass")[2]).toContain("30.00");
    expect(row(made, "DISP")[3]).toBe("28.00 (27.00–29.00) _2 of 3 seeds_");
    expect(row(made, "DISP + recover, 300 steps")[3]).toBe("26.50 (24.00–29.00) _2 of 3 seeds_");
    expect(row(made, "DISP + recover, 900 steps")[3]).toBe("not measured");
    expect(recoverySection(made)).toContain("The guard undid 1 of the recoveries and refits");
  });
});

describe("a training for every ratio, recovered at one", () => {
  const both = batches().filter(({ of }) => of.name === EVERY_RECOVERED.name);

  it("has a dedicated training to compare with, each with its own steps", () => {
    expect(both.map(({ of, steps, runs }) => [steps ?? of.steps, ...runs.map(keyOf)])).toEqual(
      [1, 2, 3].flatMap((seed) => [
        [EVERY.steps, `every+recover:300 keep 0.5 seed ${seed}`],
        [EVERY.dedicatedSteps, `disp:full+recover:300 keep 0.5 seed ${seed}`],
      ]),
    );
  });

  it("shows both before and after", () => {
    const made = {
      entries: [entry("every+recover:300 keep 0.5 seed 1", 24, 27)],
      planned: both.flatMap(({ runs }) => runs),
    };
    const line = (label: string) =>
      everyRecoverySection(made)
        .split("\n")
        .find((one) => one.startsWith(`| ${label} |`));
    expect(line("every ratio")).toMatch(/\| 27\.00 .*\| 24\.00 /);
    expect(line("dedicated")).toBe("| dedicated | not measured | not measured |");
  });
});

function at(steps: number): string {
  return `disp:full+recover:${steps} keep 0.5`;
}
