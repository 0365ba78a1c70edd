// Saved runs as the panel shows them: groups that can be compared, descriptions, points of the chart, and the overlap of two.
import { jaccard } from "../../charts/index.ts";
import type { OverlapData, TradeoffData, TradeoffPoint } from "../../charts/index.ts";
import { METHOD_NAMES, recoveryWords, runKind, unpackRunMasks } from "../../engine/index.ts";
import type { RunKind, RunMasks, RunRecord } from "../../engine/index.ts";
import { isExample } from "../../shared/exampleRuns.ts";
import { titleOf } from "../../shared/texts.ts";
import { scoreText } from "../../shared/scoreTable.ts";
import { bytes, percent, perplexityText, ratioNumber, ratioText, stepTime, whole } from "../../shared/format.ts";

const SIZES = ["whole model", "block weights", "bytes", "ms per token"] as const;
type Size = (typeof SIZES)[number];

/** What a run's size is measured by. adapter: the one that times are of, where the runs were timed on several. */
export interface SizeChoice {
  title: string;
  size: Size;
  adapter?: string;
}

/** The sizes that a chart of these runs can be drawn by. Times of different adapters cannot be compared, so each adapter is a choice. */
export function sizeChoices(runs: readonly RunRecord[]): SizeChoice[] {
  const adapters = new Set(runs.flatMap(({ msPerToken, adapter }) => (msPerToken ? [adapter] : [])));
  return SIZES.flatMap((size): SizeChoice[] =>
    size === "ms per token" && adapters.size > 1
      ? [...adapters].map((adapter) => ({ title: `${size} on ${adapter}`, size, adapter }))
      : [{ title: size, size }],
  );
}

/** Runs with comparable perplexities: same model, text, context and number of tokens. */
export interface RunGroup {
  key: string;
  /** The model and what the perplexities were measured on. */
  title: string;
  runs: RunRecord[];
  /** They are those that come with the page: no run of the user's is among them. */
  examples: boolean;
}

/** Trainings are compared with their like only, so each kind has a mark of its own. */
const DISP_LABELS: Readonly<Record<RunKind, string>> = {
  dedicated: "DISP-LLM",
  moved: "DISP-LLM, moved target",
  point: "DISP-LLM, threshold",
  every: "DISP-LLM, every ratio",
};

/** Name of the method that made a run, and how it was trained. */
export function methodLabel({ made }: RunRecord): string {
  if (made.kind === "disp") return DISP_LABELS[runKind(made)];
  if (made.kind === "weights") return METHOD_NAMES[made.recipe.method];
  return made.method === "random" ? "random" : "uniform magnitude";
}

/** The settings that tell runs of one method apart. */
export function recipeRows({ made, recovery }: RunRecord): { label: string; value: string }[] {
  const rows = madeRows(made);
  if (!recovery) return rows;
  const value = `${recoveryWords(recovery)}, from ${perplexityText(recovery.prunedBefore)}`;
  return [...rows, { label: recovery.recipe ? "recovered" : "refitted", value }];
}

/** Accuracies of the run's model on each task: "last-word 12.5 % ± 2.3 (dense 20.0 %)". */
export function scoreFacts({ scores }: RunRecord): string[] {
  const [dense, last] = [scores?.models[0], scores?.models.at(-1)];
  if (!scores || !dense || !last || last === dense) return [];
  return scores.tasks.flatMap(({ task }, i) => {
    const [own, before] = [last.scores[i]?.acc, dense.scores[i]?.acc];
    return own && before ? [`${task} ${scoreText("share", own)} (dense ${percent(before.value)})`] : [];
  });
}

function madeRows(made: RunRecord["made"]): { label: string; value: string }[] {
  if (made.kind === "weights")
    return [
      { label: "pattern", value: made.recipe.pattern },
      { label: "calibration", value: `${made.recipe.sequences} × ${made.recipe.tokens} tokens` },
      { label: "seed", value: String(made.recipe.seed) },
    ];
  if (made.kind === "baseline")
    return [
      { label: "target", value: ratioText(made.ratio) },
      { label: "seed", value: String(made.seed) },
    ];
  return [
    ...targetRows(made),
    { label: "seed", value: String(made.recipe.seed) },
    { label: "steps", value: whole(made.steps) },
  ];
}

/** What masks are for, and what their run was trained for where that differs. */
function targetRows(made: Extract<RunRecord["made"], { kind: "disp" }>): { label: string; value: string }[] {
  const { ratio, ratioMode, ratioFrom, ratioTo } = made.recipe;
  const target = { label: "target", value: ratioText(made.point ?? ratio) };
  if (ratioMode === "every")
    return [target, { label: "trained for", value: `${ratioNumber(ratioFrom)}–${ratioText(ratioTo)}` }];
  if (made.point !== undefined) return [target, { label: "trained at", value: ratioText(ratio) }];
  const targets = made.targets ?? [];
  if (targets.length < 2) return [target];
  const history = targets.map(([step, one]) => `${ratioText(one)} from step ${whole(step)}`).join(", ");
  return [target, { label: "trained for", value: history }];
}

/** The groups of runs that fit in one chart, the largest first. */
export function groupRuns(runs: readonly RunRecord[]): RunGroup[] {
  const groups = new Map<string, RunGroup>();
  for (const run of runs) {
    const { text, context, tokens, beginToken, quantised = "" } = run.perplexity;
    const examples = isExample(run);
    const key = [examples, run.model.fingerprint, text.sha256, context, tokens, beginToken, quantised].join(" ");
    const weights = quantised && `, weights quantised to ${quantised}`;
    const title = `${examples ? "Examples: " : ""}${run.model.name}; ${titleOf(text)}, context ${whole(context)}, ${whole(tokens)} tokens${weights}`;
    const group = groups.get(key) ?? { key, title, runs: [], examples };
    group.runs.push(run);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.runs.length - a.runs.length);
}

/** Size of a run on an axis; null where it was not measured. */
function sizeOf({ kept, msPerToken }: RunRecord, size: Size): number | null {
  if (size === "bytes") return kept.bytes;
  if (size === "ms per token") return msPerToken?.pruned ?? null;
  const share = size === "whole model" ? kept.modelWeights : kept.blockWeights;
  return share.kept / share.of;
}

const AXES: Record<Size, TradeoffData["axis"]> = {
  "whole model": { name: "kept share of the whole model", format: (x) => percent(x, 0) },
  "block weights": { name: "kept share of the block weights", format: (x) => percent(x, 0) },
  bytes: { name: "size of the weights", format: bytes },
  "ms per token": { name: "measured time per token", format: stepTime },
};

/** One group as points of the chart, with the dense model where its size is known. `picked`: ids of A and B. */
export function tradeoffOf(
  group: readonly RunRecord[],
  { size, adapter: timedOn }: Omit<SizeChoice, "title">,
  picked: readonly string[],
): TradeoffData {
  const runs = group.filter(({ adapter }) => timedOn === undefined || adapter === timedOn);
  const points = runs.flatMap((run): TradeoffPoint[] => {
    const x = sizeOf(run, size);
    if (x === null) return [];
    const { text, context, tokens, pruned } = run.perplexity;
    const measuredOn = [
      { label: "text", value: titleOf(text) },
      { label: "context", value: whole(context) },
      { label: "tokens", value: whole(tokens) },
    ];
    const recipe = [{ label: "method", value: methodLabel(run) }, ...recipeRows(run), ...measuredOn];
    const dedicated = runKind(run.made) === "dedicated" && !run.recovery;
    const before = run.recovery ? { before: run.recovery.prunedBefore } : {};
    return [{ id: run.id, x, y: pruned, label: run.name, method: methodLabel(run), dedicated, ...before, recipe }];
  });
  const [first] = runs;
  const timed = runs.find(({ msPerToken }) => msPerToken !== null)?.msPerToken?.dense ?? null;
  const denseSize = size === "ms per token" ? timed : size === "bytes" ? (first ? denseBytes(first) : null) : 1;
  const dense = first && denseSize !== null ? { x: denseSize, y: first.perplexity.dense } : null;
  const { name, format } = AXES[size];
  return { points, axis: { name: timedOn ? `${name} on ${timedOn}` : name, format }, dense, picked };
}

/** Bytes of the dense weights, computed from a run. Weights that are zeroed one by one still take room. */
export function denseBytes(run: RunRecord): number {
  const { modelWeights, bytes: size } = run.kept;
  return run.made.kind === "weights" ? size : Math.round((size * modelWeights.of) / modelWeights.kept);
}

/** Runs that have every word of `words` in their name, method, model or short hash. */
export function matching(
  runs: readonly RunRecord[],
  words: string,
  hashes: ReadonlyMap<string, string> = new Map(),
): RunRecord[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return runs.filter((run) => {
    const text = `${run.name} ${methodLabel(run)} ${run.model.name} ${hashes.get(run.id) ?? ""}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** The overlap of two runs, and their masks; null unless both are of one kind with the same vectors or matrices. */
export function overlapOf(a: RunMasks, b: RunMasks): { table: OverlapData; a: Uint8Array[]; b: Uint8Array[] } | null {
  const [left, right] = [unpackRunMasks(a), unpackRunMasks(b)];
  const same = left.every(({ name, gates }, i) => right[i]?.name === name && right[i].gates.length === gates.length);
  if (a.kind !== b.kind || left.length !== right.length || !same) return null;
  const perBlock = a.kind === "gates" ? 5 : new Set(left.map(({ name }) => matrixPartOf(name))).size;
  const rows = left.slice(0, perBlock).map(({ name }, k) => (a.kind === "gates" ? `s${k + 1}` : matrixPartOf(name)));
  const overlaps = left.map(({ gates }, i) => jaccard(gates, right[i]?.gates ?? gates));
  const values = rows.map((_, k) => overlaps.filter((_, i) => i % perBlock === k));
  return { table: { rows, values }, a: left.map(({ gates }) => gates), b: right.map(({ gates }) => gates) };
}

/** "model.layers.12.mlp.up_proj.weight" -> 12; 0 for a name without a number. */
export const blockOf = (name: string): number => Number(/\.(\d+)\./.exec(name)?.[1] ?? 0);

/** "model.layers.0.mlp.up_proj.weight" -> "up". */
export const matrixPartOf = (name: string): string => (name.split(".").at(-2) ?? name).replace(/_proj$/, "");
