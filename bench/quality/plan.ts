// What npm run quality -- --table measures: models, methods and the order of their runs; and the file of measured runs.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { RecoverMatrices } from "../../src/engine/recipes/recoverRecipe.ts";
import { readRunRecord } from "../../src/engine/formats/runs/readRun.ts";
import { recordJson, type RunRecord } from "../../src/engine/formats/runs/runRecord.ts";
import { WEIGHT_METHODS } from "../../src/engine/recipes/weightRecipe.ts";
import { type CompareMethod, type PlannedRun, plannedRuns } from "../../src/cli/compare/methods.ts";

const RUNS = "bench/quality-runs.json";
export const RATIOS = [0.8, 0.7, 0.6, 0.5] as const;
export const SEEDS = [1, 2, 3] as const;
export const PATTERNS = ["2:4", "4:8"] as const;
const ABLATIONS = ["constrained", "no-gru", "no-hypernetwork"] as const;
/** The ratio at which the ablations are trained. */
const ABLATION_RATIO = 0.5;

export const QUALITY_TEXTS = { text: "public/text/sotu-train.txt", evaluation: "public/text/sotu-held.txt" } as const;
export const MEASURED = { context: 512, evaluationTokens: 20_480, tokens: 128, sequences: 64 } as const;

/** A model, and the steps that DISP trains on it: fewer for small models. */
export interface Case {
  name: string;
  model: string;
  steps: number;
}

export const CASES: readonly [Case, ...Case[]] = [
  { name: "Embedded model", model: "public/model", steps: 600 },
  { name: "golden/llama", model: "golden/llama", steps: 300 },
  { name: "golden/qwen2", model: "golden/qwen2", steps: 300 },
];

/** One training for every ratio compared with one training per ratio. */
export const EVERY = {
  name: "One training for every ratio",
  model: "public/model",
  steps: 3000,
  dedicatedSteps: 1500,
  ratios: [0.8, 0.7, 0.6, 0.5, 0.4],
} as const satisfies Case & { dedicatedSteps: number; ratios: readonly number[] };

/** What recoveries train in this table. Part of the section's name, which runs are filed under: another choice is measured again. */
const RECOVERED_MATRICES: RecoverMatrices = "all";

/** Pruned models before and after a recovery, and after a refit alone. */
export const RECOVERY = {
  name: `Recovery, ${RECOVERED_MATRICES === "all" ? "all matrices" : "output matrices"}`,
  model: "public/model",
  matrices: RECOVERED_MATRICES,
  trainingSteps: 600,
  steps: [300, 900],
  ratios: [0.8, 0.7, 0.6, 0.5, 0.4],
  /** Of refits, shared gates and random masks, which are there to compare with. */
  comparedRatios: [0.8, 0.5],
  pattern: "2:4",
  patternMethods: ["dass", "wanda", "sparsegpt"],
  /** Of each zero-shot task that is made from the evaluation text. */
  scoreItems: 200,
} as const satisfies Omit<Case, "steps"> & Record<string, unknown>;

/** A training for every ratio and a training for one, both recovered at that ratio. */
export const EVERY_RECOVERED = {
  name: "One training for every ratio, recovered at one",
  model: EVERY.model,
  steps: EVERY.steps,
  ratio: 0.5,
} as const satisfies Case & { ratio: number };

/** A measured run without its masks. */
export interface Entry {
  case: string;
  key: string;
  record: RunRecord;
  /** Gates kept in each of the 5L selection vectors; random masks of the same seed keep the same numbers. */
  counts?: readonly number[];
}

/** One call of the page: runs of one model. */
export interface Batch {
  of: Case;
  /** What its recoveries train; missing where it has none. */
  recoverMatrices?: RecoverMatrices;
  runs: readonly PlannedRun[];
  /** Items of the zero-shot tasks; missing where none are scored. */
  scoreItems?: number;
  /** Steps of DISP where they differ from the case's. */
  steps?: number;
}

const disp = (gates: Extract<CompareMethod, { kind: "disp" }>["gates"]): CompareMethod => ({ kind: "disp", gates });
const random: CompareMethod = { kind: "baseline", method: "random" };

/** All runs, quick ones first: small models, the embedded model (one-shot methods first), the ablations, s4 alone, then the long trainings. */
export function batches(): Batch[] {
  const [embedded, ...small] = CASES;
  const oneShot: CompareMethod[] = [
    { kind: "baseline", method: "uniform-magnitude" },
    ...WEIGHT_METHODS.map((method): CompareMethod => ({ kind: "weights", method })),
    ...WEIGHT_METHODS.flatMap((method) =>
      PATTERNS.map((pattern): CompareMethod => ({ kind: "weights", method, pattern })),
    ),
  ];
  const trained = (of: Case): Batch[] =>
    SEEDS.map((seed) => ({ of, runs: plannedRuns([disp("full"), random], RATIOS, [seed]) }));
  const both = (of: Case): Batch[] => [{ of, runs: plannedRuns(oneShot, RATIOS, SEEDS) }, ...trained(of)];
  return [
    ...small.flatMap(both),
    ...both(embedded),
    ...[...small, embedded].map((of) => ({ of, runs: plannedRuns(ABLATIONS.map(disp), [ABLATION_RATIO], SEEDS) })),
    ...[...small, embedded].map((of) => ({ of, runs: plannedRuns([disp("mlp")], RATIOS, SEEDS) })),
    ...SEEDS.flatMap((seed) => [
      { of: EVERY, runs: plannedRuns([{ kind: "every" }], EVERY.ratios, [seed]) },
      { of: EVERY, runs: plannedRuns([disp("full")], EVERY.ratios, [seed]), steps: EVERY.dedicatedSteps },
    ]),
    ...recoveries(),
  ];
}

/**
 * One-shot methods first; then per seed, so that the recoveries of a training share one batch, as do the random masks of its widths. Only what
 * the tables of zero-shot tasks show is scored, because scoring a model takes longer than a recovery.
 */
function recoveries(): Batch[] {
  const {
    name,
    model,
    trainingSteps,
    steps,
    ratios,
    comparedRatios,
    pattern,
    patternMethods,
    matrices: recoverMatrices,
    scoreItems,
  } = RECOVERY;
  const [short] = steps;
  const after = [{ recover: short }, { refit: true }] as const;
  const oneShot = patternMethods.flatMap((method) =>
    after.map((then): CompareMethod => ({ kind: "weights", method, pattern, ...then })),
  );
  const scored = steps.map((recover): CompareMethod => ({ ...disp("full"), recover }));
  const compared: CompareMethod[] = [
    { ...disp("full"), refit: true },
    { ...disp("full"), refit: true, recover: short },
    { ...disp("constrained"), recover: short },
    ...after.map((then): CompareMethod => ({ ...random, ...then })),
  ];
  const of: Case = { name, model, steps: trainingSteps };
  const perSeed = (seed: number): Batch[] => [
    { of, runs: plannedRuns(scored, ratios, [seed]), recoverMatrices, scoreItems },
    { of, runs: plannedRuns(compared, comparedRatios, [seed]), recoverMatrices },
  ];
  return [
    { of, runs: plannedRuns(oneShot, ratios, SEEDS), recoverMatrices },
    ...SEEDS.flatMap(perSeed),
    ...SEEDS.flatMap((seed) => everyRecovered(seed)),
  ];
}

function everyRecovered(seed: number): Batch[] {
  const { ratio } = EVERY_RECOVERED;
  const [recover] = RECOVERY.steps;
  const common = { of: EVERY_RECOVERED, recoverMatrices: RECOVERY.matrices };
  return [
    { ...common, runs: plannedRuns([{ kind: "every", recover }], [ratio], [seed]) },
    { ...common, runs: plannedRuns([{ ...disp("full"), recover }], [ratio], [seed]), steps: EVERY.dedicatedSteps },
  ];
}

/** The runs that are measured so far. */
export function readEntries(): Entry[] {
  const stored = existsSync(RUNS) ? (JSON.parse(readFileSync(RUNS, "utf8")) as Entry[]) : [];
  return stored.map((entry) => ({ ...entry, record: readRunRecord(entry.record, RUNS) }));
}

export function writeEntries(entries: readonly Entry[]): void {
  const stored = entries.map((entry) => ({ ...entry, record: recordJson(entry.record) }));
  writeFileSync(RUNS, `${JSON.stringify(stored, null, 1)}\n`);
}
