// npm run quality -- --table: measures the runs that bench/quality-runs.json lacks and writes bench/quality.md after each.
import { writeFileSync } from "node:fs";
import type { HostChoice } from "../../src/cli/host/chooseHost.ts";
import { compareHeadless } from "../../src/cli/compare/compareHeadless.ts";
import { keyOf, type PlannedRun } from "../../src/cli/compare/methods.ts";
import { DEFAULT_RECIPE } from "../../src/engine/recipes/recipe.ts";
import { DEFAULT_RECOVER_RECIPE } from "../../src/engine/recipes/recoverRecipe.ts";
import { DEFAULT_REFIT_RECIPE } from "../../src/engine/recipes/refitRecipe.ts";
import { unpackBits } from "../../src/engine/formats/files/bitset.ts";
import type { Run } from "../../src/engine/index.ts";
import {
  type Batch,
  batches,
  type Entry,
  MEASURED,
  readEntries,
  QUALITY_TEXTS,
  RECOVERY,
  writeEntries,
} from "./plan.ts";
import { qualityTable } from "./table.ts";

const TABLE = "bench/quality.md";

/** The runs of a batch that are not measured; random masks get the widths of the trained run of their seed, if it is measured. */
function missing({ of, runs }: Batch, entries: readonly Entry[]): PlannedRun[] {
  const find = (run: PlannedRun): Entry | undefined =>
    entries.find((entry) => entry.case === of.name && entry.key === keyOf(run));
  return runs
    .filter((run) => !find(run))
    .map((run) => {
      if (run.kind !== "baseline" || run.method !== "random") return run;
      const { ratio, seed } = run;
      const trained = { kind: "disp", gates: "full", ratio, seed } as const;
      const recovered = RECOVERY.steps.map((recover) => ({ ...trained, recover }));
      const counts = [trained, ...recovered, { ...trained, refit: true } as const]
        .map((one) => find(one)?.counts)
        .find((one) => one !== undefined);
      return counts ? { ...run, counts } : run;
    });
}

function entryOf(name: string, key: string, { record, masks }: Run): Entry {
  if (masks.kind === "weights") return { case: name, key, record };
  const counts = masks.masks.map((mask, i) => unpackBits(mask, masks.sizes[i] ?? 0).reduce((sum, bit) => sum + bit, 0));
  return { case: name, key, record, counts };
}

/** Writes bench/quality.md from the runs that are measured, without measuring. */
export function renderQuality(): void {
  writeFileSync(TABLE, qualityTable(readEntries()));
}

/** Whether a run's section and key contain all words. A number is a whole word of them: the 3 of "seed 3" is not in "recover:300". */
const isMeant = ({ of }: Batch, run: PlannedRun, words: string): boolean => {
  const name = `${of.name} ${keyOf(run)}`;
  return words
    .split(" ")
    .every((word) => (Number.isNaN(Number(word)) ? name.includes(word) : name.split(" ").includes(word)));
};

/**
 * Measures the missing runs and writes both files after each. An interrupted table resumes with the next missing run. `only`: words that
 * select runs, one selection after the other; without any, all.
 */
export async function measureQuality({ host, only }: { host: HostChoice; only: readonly string[] }): Promise<void> {
  const entries = readEntries();
  for (const words of only.length > 0 ? only : [""])
    for (const batch of batches()) {
      const runs = missing(batch, entries).filter((run) => isMeant(batch, run, words));
      if (runs.length > 0) await measureRuns(batch, runs, { entries, host });
    }
  renderQuality();
}

/** Adds each run to `entries` as it is measured. */
async function measureRuns(
  batch: Batch,
  runs: PlannedRun[],
  { entries, host }: { entries: Entry[]; host: HostChoice },
): Promise<void> {
  const { name, model } = batch.of;
  const steps = batch.steps ?? batch.of.steps;
  process.stderr.write(`${name}: ${runs.length} runs\n`);
  const waiting = [...runs];
  const { recoverMatrices = DEFAULT_RECOVER_RECIPE.matrices, scoreItems } = batch;
  const { matrices: refitMatrices, sequences: refitSequences } = DEFAULT_REFIT_RECIPE;
  const settings = {
    ...MEASURED,
    precision: "f32",
    host,
    tune: false,
    steps,
    widthMultiple: DEFAULT_RECIPE.widthMultiple,
    recoverMatrices,
    refitMatrices,
    refitSequences,
    ...(scoreItems === undefined ? {} : { scoreItems }),
  } as const;
  await compareHeadless({ model, ...QUALITY_TEXTS, ...settings, runs }, (run) => {
    const planned = waiting.shift();
    if (planned) entries.push(entryOf(name, keyOf(planned), run));
    writeEntries(entries);
    renderQuality();
  });
}
