// The zero-shot tables of bench/quality.md: cells with standard errors, of undone recoveries, and where nothing is measured.
import { expect, it } from "vitest";
import { keyOf } from "../../src/cli/compare/methods.ts";
import type { RunScores } from "../../src/engine/index.ts";
import type { SectionRuns } from "./cells.ts";
import { batches, type Entry, readEntries, RECOVERY } from "./plan.ts";
import { zeroShotTables } from "./zeroShot.ts";

const planned = batches()
  .filter(({ of }) => of.name === RECOVERY.name)
  .flatMap(({ runs }) => runs);
const [measured] = readEntries();
if (!measured) throw new Error("expected measured runs");
const text = { name: "held", sha256: "0".repeat(64) };

/** A run with accuracies of the last word by model; next sentences are always 30 %. */
function entry(key: string, lastWord: Partial<Record<"dense" | "pruned" | "recovered", number>>): Entry {
  const accuracy = (value: number) => ({ value, standardError: 0.02 });
  const scores: RunScores = {
    ...{ text, tokens: 64, context: 16 },
    tasks: RECOVERY_TASKS.map((task) => ({ task, source: text, items: 200, seed: 1 })),
    models: Object.entries(lastWord).map(([model, value]) => ({
      model: model as "dense",
      agreement: null,
      scores: [
        { acc: accuracy(0.2), accNorm: null, accMutualInfo: accuracy(0.3) },
        { acc: accuracy(value), accNorm: null, accMutualInfo: null },
      ],
    })),
  };
  return { case: RECOVERY.name, key, record: { ...measured!.record, scores } };
}
const RECOVERY_TASKS = ["next-sentence", "last-word"];

/** The cells of a row of a task's table at 50 %. */
function cellAt(made: SectionRuns, table: number, label: string): string | undefined {
  const row = zeroShotTables(made)
    [table]?.split("\n")
    .find((line) => line.startsWith(`| ${label} |`));
  return row?.split(" | ")[1 + RECOVERY.ratios.indexOf(0.5)];
}

it("plans the scores of the runs that it shows, and no others", () => {
  for (const { of, runs, scoreItems } of batches()) {
    const shown = of.name === RECOVERY.name && runs.some((run) => /^disp:full\+recover:/.test(keyOf(run)));
    expect(scoreItems).toBe(shown ? RECOVERY.scoreItems : undefined);
  }
});

it("says what is not measured", () => {
  const made = { entries: [], planned };
  for (const label of ["**dense**", "DISP", "DISP + recover, 900 steps"])
    expect(cellAt(made, 2, label)).toBe("not measured");
});

it("shows dense, pruned and recovered; an undone recovery counts as the pruned model", () => {
  const at = (steps: number, seed: number): string => `disp:full+recover:${steps} keep 0.5 seed ${seed}`;
  const entries = [
    entry(at(300, 1), { dense: 0.4, pruned: 0.1, recovered: 0.3 }),
    entry(at(300, 2), { dense: 0.4, pruned: 0.2 }),
  ];
  const made = { entries, planned };
  expect(cellAt(made, 2, "**dense**")).toBe("40.0 % ± 2.0");
  expect(cellAt(made, 2, "DISP")).toBe("15.0 % ± 2.0 _2 of 3 seeds_");
  expect(cellAt(made, 2, "DISP + recover, 300 steps")).toBe("25.0 % ± 2.0 _2 of 3 seeds_");
  expect(cellAt(made, 2, "DISP + recover, 900 steps")).toBe("not measured");
  expect(cellAt(made, 1, "DISP")).toBe("30.0 % ± 2.0 _2 of 3 seeds_");
});
