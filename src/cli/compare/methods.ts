// What npm run compare can run: the words of --methods, the runs that they ask for, and what a finished run is called. Plain data.
import type { BaselineMethod, GateMode, RunRecord, WeightMethod } from "../../engine/index.ts";
import { GATE_MODES } from "../../engine/recipes/recipe.ts";
import { parsePattern, WEIGHT_METHODS } from "../../engine/recipes/weightRecipe.ts";
import { UsageError } from "../arguments/usageError.ts";

const BASELINES = ["random", "uniform-magnitude"] as const satisfies readonly BaselineMethod[];

/** One word of --methods. A weight method without a pattern takes the share that makes each kept share of the block weights. */
export type CompareMethod =
  | { kind: "disp"; gates: GateMode }
  | { kind: "every" }
  | { kind: "baseline"; method: BaselineMethod }
  | { kind: "weights"; method: WeightMethod; pattern?: string };

/** One run: a structural one at a kept share of the block weights, or a weight method at a pattern or at such a share. */
export type PlannedRun =
  | { kind: "disp"; gates: GateMode; ratio: number; seed: number }
  /** The share `keep` of a training for every ratio; the shares of one seed come from one training. */
  | { kind: "every"; ratio: number; seed: number }
  /** `counts`: gates kept in each of the 5L vectors, for random masks where the trained run is not among the runs. */
  | { kind: "baseline"; method: BaselineMethod; ratio: number; seed: number; counts?: readonly number[] }
  | { kind: "weights"; method: WeightMethod; seed: number; pattern: string }
  | { kind: "weights"; method: WeightMethod; seed: number; ratio: number };

/** What a planned run is called before it is made. */
export function nameOf(run: PlannedRun): string {
  if (run.kind === "every") return run.kind;
  return run.kind === "disp" ? `disp:${run.gates}` : run.method;
}

/** Reads one word of --methods, such as disp, disp:no-gru, random, dass or wanda:2:4. Throws a UsageError with what is expected. */
export function readMethod(word: string): CompareMethod {
  const colon = word.indexOf(":");
  const name = colon < 0 ? word : word.slice(0, colon);
  const more = colon < 0 ? undefined : word.slice(colon + 1);
  if (name === "disp") {
    const gates = more === undefined ? "full" : GATE_MODES.find((mode) => mode === more);
    if (!gates) throw new UsageError(`--methods: disp:${String(more)} is none of disp:${GATE_MODES.join(", disp:")}`);
    return { kind: "disp", gates };
  }
  if (word === "every") return { kind: "every" };
  const baseline = BASELINES.find((known) => known === name);
  if (baseline) {
    if (more !== undefined) throw new UsageError(`--methods: ${baseline} takes no pattern; "${word}" came`);
    return { kind: "baseline", method: baseline };
  }
  const method = WEIGHT_METHODS.find((known) => known === name);
  if (!method) {
    const known = ["disp", "every", ...BASELINES, ...WEIGHT_METHODS].join(", ");
    throw new UsageError(
      `--methods takes ${known}, separated by commas, the last four with or without a pattern; "${word}" came`,
    );
  }
  return { kind: "weights", method, ...(more === undefined ? {} : { pattern: patternOf(word, more) }) };
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
 * The runs in the order of the methods, random masks after the trained ones whose widths they take. Methods that train or draw run for
 * every share and seed, uniform magnitude for every share, weight methods without a pattern for every share, with a pattern once.
 */
export function plannedRuns(
  methods: readonly CompareMethod[],
  ratios: readonly number[],
  seeds: readonly number[],
): PlannedRun[] {
  const [first = 1] = seeds;
  const last = (method: CompareMethod): boolean => method.kind === "baseline" && method.method === "random";
  const ordered = [...methods.filter((one) => !last(one)), ...methods.filter(last)];
  return ordered.flatMap((method): PlannedRun[] => {
    if (method.kind === "weights") {
      const { kind, method: name, pattern } = method;
      if (pattern !== undefined) return [{ kind, method: name, seed: first, pattern }];
      return ratios.map((ratio) => ({ kind, method: name, seed: first, ratio }));
    }
    const drawn = method.kind === "baseline" && method.method !== "random" ? [first] : seeds;
    return ratios.flatMap((ratio) => drawn.map((seed) => ({ ...method, ratio, seed })));
  });
}

/** What a finished run's method is called: a word of --methods; of weight methods an N:M pattern goes with it, a share does not. */
export function compareMethodOf(made: RunRecord["made"]): string {
  switch (made.kind) {
    case "disp":
      if (made.recipe.ratioMode === "every") return "every";
      return made.recipe.gates === "full" ? "disp" : `disp:${made.recipe.gates}`;
    case "baseline":
      return made.method;
    case "weights":
      return made.recipe.pattern.includes(":") ? `${made.recipe.method}:${made.recipe.pattern}` : made.recipe.method;
  }
}

/** The ratio that a finished run was asked for: the kept share of the block weights, or the pattern. */
export function ratioOf(made: RunRecord["made"]): string {
  if (made.kind === "weights") return made.recipe.pattern;
  return `keep ${made.kind === "disp" ? made.recipe.ratio : made.ratio}`;
}

/** The seed of a finished run. */
export const seedOf = (made: RunRecord["made"]): number => (made.kind === "baseline" ? made.seed : made.recipe.seed);
