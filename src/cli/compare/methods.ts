// The methods of npm run compare: the words of --methods, the runs that they give, and the names of finished runs. Plain data for both sides.
import type { BaselineMethod, GateMode, RunRecord, WeightMethod } from "../../engine/index.ts";
import { GATE_MODES } from "../../engine/recipes/recipe.ts";
import { parsePattern, WEIGHT_METHODS } from "../../engine/recipes/weightRecipe.ts";
import { UsageError } from "../arguments/usageError.ts";

/** Follow a method whose pruned models are recovered. */
const RECOVER = "+recover";
const REFIT = "+refit";
const ABLATIONS = GATE_MODES.filter((mode) => mode !== "full");
const BASELINES = ["random", "uniform-magnitude"] as const satisfies readonly BaselineMethod[];

/** Of a training for every ratio: which vectors are pruned; missing for "full". */
interface EveryGates {
  gates?: GateMode;
}

/** A method without its recovery. A weight method without a pattern runs at each ratio. */
type PruningMethod =
  | { kind: "disp"; gates: GateMode }
  | ({ kind: "every" } & EveryGates)
  | { kind: "baseline"; method: BaselineMethod }
  | { kind: "weights"; method: WeightMethod; pattern?: string };

/** What follows pruning; the kept weights stay as they are where both are missing. */
interface Recovering {
  /** Least squares, before any training. */
  refit?: true;
  /** Steps of training. */
  recover?: number;
}

/** One word of --methods. */
export type CompareMethod = PruningMethod & Recovering;

/** One run: a structural method at a ratio, or a weight method with a pattern or at a ratio. */
export type PlannedRun = PruningRun & Recovering;

type PruningRun =
  | { kind: "disp"; gates: GateMode; ratio: number; seed: number }
  /** One ratio of a training for every ratio; all ratios of a seed come from one training. */
  | ({ kind: "every"; ratio: number; seed: number } & EveryGates)
  /** `counts`: gates to keep in each of the 5L selection vectors, for random masks whose trained run is not among the runs. */
  | { kind: "baseline"; method: BaselineMethod; ratio: number; seed: number; counts?: readonly number[] }
  | { kind: "weights"; method: WeightMethod; seed: number; pattern: string }
  | { kind: "weights"; method: WeightMethod; seed: number; ratio: number };

/** What follows the name of a method whose result was refitted, and recovered for so many steps. */
const recoveredSuffix = ({ refit, recover }: Recovering): string =>
  `${refit ? REFIT : ""}${recover === undefined ? "" : `${RECOVER}:${recover}`}`;

/** Whether anything is done to the kept weights of a run. */
export const isRecovered = ({ refit, recover }: Recovering): boolean => refit !== undefined || recover !== undefined;

/** The name of a planned run's method. */
export const nameOf = (run: PlannedRun): string => `${pruningName(run)}${recoveredSuffix(run)}`;

function pruningName(run: PlannedRun): string {
  if (run.kind === "every") return everyName(run.gates);
  return run.kind === "disp" ? `disp:${run.gates}` : run.method;
}

const everyName = (gates: GateMode = "full"): string => (gates === "full" ? "every" : `every:${gates}`);

const choiceOf = (run: PlannedRun): string => `${"ratio" in run ? `keep ${run.ratio}` : run.pattern} seed ${run.seed}`;

/** Names a planned run among all runs of its model. */
export const keyOf = (run: PlannedRun): string => `${nameOf(run)} ${choiceOf(run)}`;

/** Names the pruning of a run, which its recoveries share. */
export const pruningKeyOf = (run: PlannedRun): string => `${pruningName(run)} ${choiceOf(run)}`;

/**
 * Reads one word of --methods, such as disp, disp:no-gru, random, dass, wanda:2:4, dass:2:4+refit or disp+refit+recover:900. recoverSteps: of
 * a recovery without a number. Throws a UsageError.
 */
export function readMethod(word: string, recoverSteps: number): CompareMethod {
  const plus = word.indexOf("+");
  if (plus < 0) return readPruning(word);
  const [all, refit, recover, steps] = /^(\+refit)?(\+recover(?::(\d+))?)?$/.exec(word.slice(plus)) ?? [];
  if (all === undefined)
    throw new UsageError(
      `--methods: expected ${REFIT}, ${RECOVER}, ${RECOVER}:STEPS or ${REFIT}${RECOVER} after a method, got "${word}"`,
    );
  return {
    ...readPruning(word.slice(0, plus)),
    ...(refit === undefined ? {} : { refit: true }),
    ...(recover === undefined ? {} : { recover: steps === undefined ? recoverSteps : Number(steps) }),
  };
}

function readPruning(word: string): PruningMethod {
  const colon = word.indexOf(":");
  const name = colon < 0 ? word : word.slice(0, colon);
  const suffix = colon < 0 ? undefined : word.slice(colon + 1);
  if (name === "disp") {
    const gates = suffix === undefined ? "full" : GATE_MODES.find((mode) => mode === suffix);
    if (!gates) throw new UsageError(`--methods: expected disp:${GATE_MODES.join(", disp:")}, got "${word}"`);
    return { kind: "disp", gates };
  }
  if (word === "every") return { kind: "every" };
  const everyGates = name === "every" ? ABLATIONS.find((mode) => mode === suffix) : undefined;
  if (everyGates) return { kind: "every", gates: everyGates };
  const baseline = BASELINES.find((known) => known === name);
  if (baseline) {
    if (suffix !== undefined) throw new UsageError(`--methods: expected ${baseline} without a pattern, got "${word}"`);
    return { kind: "baseline", method: baseline };
  }
  const method = WEIGHT_METHODS.find((known) => known === name);
  if (!method) {
    const known = ["disp", "every", ...BASELINES, ...WEIGHT_METHODS].join(", ");
    throw new UsageError(
      `--methods: expected ${known}, separated by commas, the last four with or without a pattern, disp and every also with gates (every:mlp), got "${word}"`,
    );
  }
  return { kind: "weights", method, ...(suffix === undefined ? {} : { pattern: patternOf(word, suffix) }) };
}

function patternOf(word: string, pattern: string): string {
  try {
    parsePattern(pattern);
    return pattern;
  } catch (error) {
    throw new UsageError(`--methods ${word}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * The runs in the order of the methods, random masks last, because they take the widths of trained runs. Methods that train or draw run
 * at every ratio with every seed; uniform magnitude and weight methods without a pattern at every ratio; those with a pattern once. A
 * recovery draws the windows of its training, so recovered runs have every seed.
 */
export function plannedRuns(
  methods: readonly CompareMethod[],
  ratios: readonly number[],
  seeds: readonly number[],
): PlannedRun[] {
  const [first = 1] = seeds;
  const isRandom = (method: CompareMethod): boolean => method.kind === "baseline" && method.method === "random";
  const ordered = [...methods.filter((one) => !isRandom(one)), ...methods.filter(isRandom)];
  return ordered.flatMap((method): PlannedRun[] => {
    const draws = method.kind !== "weights" && !(method.kind === "baseline" && method.method !== "random");
    const usedSeeds = draws || isRecovered(method) ? seeds : [first];
    if (method.kind === "weights") {
      const { pattern, ...rest } = method;
      if (pattern !== undefined) return usedSeeds.map((seed) => ({ ...rest, seed, pattern }));
      return ratios.flatMap((ratio) => usedSeeds.map((seed) => ({ ...rest, seed, ratio })));
    }
    return ratios.flatMap((ratio) => usedSeeds.map((seed) => ({ ...method, ratio, seed })));
  });
}

/**
 * The method of a finished run as a word of --methods; weight methods have their pattern if it is N:M. `planned`: the run that was asked
 * for. What the record does not have of it was undone, and is called so: then the record is of the model before that.
 */
export function compareMethodOf(
  { made, recovery }: Pick<RunRecord, "made" | "recovery">,
  planned?: PlannedRun,
): string {
  const done: Recovering = {
    ...(recovery?.refit ? { refit: true } : {}),
    ...(recovery?.recipe ? { recover: recovery.recipe.steps } : {}),
  };
  const undone: Recovering = {
    ...(planned?.refit && !done.refit ? { refit: true } : {}),
    ...(planned?.recover !== undefined && done.recover === undefined ? { recover: planned.recover } : {}),
  };
  const [kept, lost] = [recoveredSuffix(done), recoveredSuffix(undone)];
  if (kept && lost) return `${pruningOf(made)}${kept} (${lost.slice(1)} undone)`;
  return `${pruningOf(made)}${kept}${lost ? `${lost} (undone)` : ""}`;
}

function pruningOf(made: RunRecord["made"]): string {
  switch (made.kind) {
    case "disp":
      if (made.recipe.ratioMode === "every") return everyName(made.recipe.gates);
      return made.recipe.gates === "full" ? "disp" : `disp:${made.recipe.gates}`;
    case "baseline":
      return made.method;
    case "weights":
      return made.recipe.pattern.includes(":") ? `${made.recipe.method}:${made.recipe.pattern}` : made.recipe.method;
  }
}

/** The ratio or pattern of a finished run, as the table shows it. */
export function ratioOf(made: RunRecord["made"]): string {
  if (made.kind === "weights") return made.recipe.pattern;
  return `keep ${made.kind === "disp" ? made.recipe.ratio : made.ratio}`;
}

/** The seed of a finished run. */
export const seedOf = (made: RunRecord["made"]): number => (made.kind === "baseline" ? made.seed : made.recipe.seed);
