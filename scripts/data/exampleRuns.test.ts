// The examples that come with the page are runs of the built-in model as this engine makes them: hash, fingerprint, sizes, widths and kept shares.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readConfig } from "../../src/engine/config/config.ts";
import { unpackWords } from "../../src/engine/formats/files/bitset.ts";
import { finishedRun } from "../../src/engine/formats/runs/finishedRun.ts";
import { readRuns, unpackRunMasks } from "../../src/engine/formats/runs/readRun.ts";
import { unpackHistory } from "../../src/engine/formats/runs/runHistory.ts";
import { runName } from "../../src/engine/formats/runs/runName.ts";
import type { Run } from "../../src/engine/formats/runs/runRecord.ts";
import { mlpMatrices } from "../../src/engine/masks/mlpMatrices.ts";
import { gateLayout } from "../../src/engine/masks/gates.ts";
import { weightsOf } from "../../src/engine/masks/weightMasks.ts";
import { EXAMPLE_RUNS, isExample } from "../../src/shared/exampleRuns.ts";
import { BUNDLED_TEXTS } from "../../src/shared/texts.ts";
import { EMBEDDED_FACTS, EMBEDDED_PERPLEXITY } from "../../src/worker/embeddedModel.ts";
import { exampleOf, examplesText } from "./exampleRuns.ts";

const text = readFileSync(`public/${EXAMPLE_RUNS.path}`, "utf8");
const runs = readRuns(text, EXAMPLE_RUNS.path);
const config = readConfig(JSON.parse(readFileSync("public/model/config.json", "utf8")));

/** Longest download that looking at examples is worth. */
const MOST_BYTES = 600_000;

it("are the file that the page expects, small, and as the script writes it", () => {
  expect(createHash("sha256").update(text).digest("hex")).toBe(EXAMPLE_RUNS.sha256);
  expect(text.length).toBeLessThan(MOST_BYTES);
  expect(examplesText(runs)).toBe(text);
  expect(() => exampleOf({ ...runs[0], record: { ...runs[0]?.record, model: { fingerprint: "g" } } } as Run)).toThrow(
    /expected a run of the built-in model/,
  );
});

it("are DISP at five ratios, a run for every ratio, and DaSS 2:4, each of them named as an example", () => {
  const named = runs.map(({ record }) => record.id);
  const ratios = [80, 70, 60, 50, 40];
  expect(new Set(named).size).toBe(named.length);
  for (const stem of [...ratios.map((ratio) => `disp-${ratio}`), ...ratios.map((ratio) => `every-${ratio}`)])
    expect(named).toContain(`${EXAMPLE_RUNS.prefix}${stem}`);
  expect(named).toContain(`${EXAMPLE_RUNS.prefix}dass-2-4`);
  expect(named).toContain(EXAMPLE_RUNS.first);
  for (const { record } of runs) {
    expect(isExample(record)).toBe(true);
    expect(record.name).toBe(`Example: ${runName(record.made)}`);
  }
});

it.each(runs.map((run) => [run.record.name, run] as const))("%s fits the model and its masks", (_, run) => {
  const { record, masks } = run;
  expect(record.model).toEqual({
    name: EMBEDDED_FACTS.name,
    modelType: EMBEDDED_FACTS.modelType,
    fingerprint: EMBEDDED_FACTS.fingerprint,
  });
  const { value: dense, ...measuredOn } = EMBEDDED_PERPLEXITY;
  expect(record.perplexity).toMatchObject(measuredOn);
  expect(record.perplexity.dense).toBeCloseTo(dense, 2);
  expect(BUNDLED_TEXTS.map(({ sha256 }) => sha256)).toContain(record.calibration.sha256);
  const unpacked = unpackRunMasks(masks).map(({ gates }) => gates);
  if (masks.kind === "gates") expect(masks.sizes).toEqual(gateLayout(config).sizes);
  const given =
    masks.kind === "gates"
      ? { kind: "gates" as const, masks: unpacked }
      : {
          kind: "weights" as const,
          masks: mlpMatrices(config).map((matrix, i) => {
            const found = masks.matrices[i];
            expect([found?.name, found?.shape]).toEqual([matrix.name, matrix.shape]);
            return { matrix, bits: unpackWords(found?.mask ?? "", weightsOf(matrix), matrix.name) };
          }),
        };
  const again = finishedRun({ ...record, model: { ...record.model, config, dtype: "F16" }, masks: given });
  expect(again.record.kept).toEqual(record.kept);
  const { kept, of } = record.kept.blockWeights;
  if (record.made.kind === "disp") {
    expect(kept / of).toBeLessThanOrEqual(record.made.recipe.ratio);
    expect(kept / of).toBeGreaterThan(record.made.recipe.ratio - 0.001);
  }
  if (run.history) expect([...unpackHistory(run.history).step].at(-1)).toBe(599);
});
