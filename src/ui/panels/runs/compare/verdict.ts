// The verdict of a comparison: a table of what was measured of A and of B, what B is better or worse at, and what cannot be compared.
import type { RunRecord } from "../../../../engine/index.ts";
import { bytes, percent, perplexityText, stepTime, whole } from "../../../../shared/format.ts";
import { titleOf } from "../../../../shared/texts.ts";
import { sameReading } from "../../../../state/text/textState.ts";
import { denseSide, type Side, sideOf } from "./sides.ts";

export interface VerdictRow {
  what: string;
  a: string;
  b: string;
  /** B minus A; null where the two cannot be compared, or one was not measured. */
  difference: string | null;
  better: "a" | "b" | null;
}

interface Verdict {
  rows: readonly VerdictRow[];
  /** Which is better at what, in one sentence. */
  sentence: string;
  /** What was not subtracted, and why, a sentence each. */
  cannot: readonly string[];
}

/** A measure of both sides; null: not measured. */
interface Measure {
  what: string;
  a: number | null;
  b: number | null;
  text: (value: number) => string;
  /** A difference with its sign, and in percent where that says more. */
  change: (a: number, b: number) => string;
  best: "low" | "high";
  /** What the better one does: "predicts the text better". */
  praise: string;
  /** Why the two values cannot be compared, as full sentences. */
  cannot: readonly string[];
}

/** Relative differences below this are none: seeds of one recipe differ by more (bench/quality.md). */
const EQUAL = 0.005;

const sign = (value: number): string => (value > 0 ? "+" : value < 0 ? "−" : "");
const signed = (value: number, text: (size: number) => string): string => `${sign(value)}${text(Math.abs(value))}`;
const relative = (a: number, b: number): string => (a > 0 ? ` (${signed(b / a - 1, (size) => percent(size))})` : "");

/** What the perplexities of the two were measured on, where that differs. */
function otherReadings(a: Side, b: Side): string[] {
  const [x, y] = [a.perplexity, b.perplexity];
  if (sameReading(x, y) && x.beginToken === y.beginToken && x.quantised === y.quantised) return [];
  const differing = [
    ...(x.text.sha256 === y.text.sha256 ? [] : [`text (${titleOf(x.text)} / ${titleOf(y.text)})`]),
    ...(x.context === y.context ? [] : [`context (${whole(x.context)} / ${whole(y.context)})`]),
    ...(x.tokens === y.tokens ? [] : [`number of tokens (${whole(x.tokens)} / ${whole(y.tokens)})`]),
    ...(x.beginToken === y.beginToken ? [] : ["token that begins the text"]),
    ...(x.quantised === y.quantised ? [] : ["quantisation of the weights"]),
  ];
  return [`Perplexities are not compared: they were measured with another ${differing.join(", and another ")}.`];
}

function otherTimes(a: Side, b: Side): string[] {
  const missing = [a, b].flatMap(({ msPerToken }, i) => (msPerToken === null ? ["AB".slice(i, i + 1)] : []));
  if (missing.length === 2) return [];
  if (missing.length === 1) return [`Times are not compared: that of ${missing.join()} was not measured.`];
  return a.adapter === b.adapter
    ? []
    : [`Times are not compared: A was timed on ${a.adapter}, B on ${b.adapter}, another adapter.`];
}

function measuresOf(a: Side, b: Side): Measure[] {
  const share = (of: Side["blockWeights"]): number => of.kept / of.of;
  const points = (x: number, y: number): string => signed(y - x, (size) => `${(100 * size).toFixed(1)} points`);
  const shares = { text: (value: number) => percent(value), change: points, best: "low" as const, cannot: [] };
  return [
    {
      ...{ what: "Perplexity", a: a.perplexity.value, b: b.perplexity.value, text: perplexityText, best: "low" },
      change: (x, y) => `${signed(y - x, perplexityText)}${relative(x, y)}`,
      ...{ praise: "predicts the text better", cannot: otherReadings(a, b) },
    },
    { ...shares, what: "Block weights kept", a: share(a.blockWeights), b: share(b.blockWeights), praise: "" },
    {
      ...{ ...shares, what: "Whole model kept", a: share(a.modelWeights), b: share(b.modelWeights) },
      praise: "keeps fewer weights",
    },
    {
      ...{ what: "Size of the weights", a: a.bytes, b: b.bytes, text: bytes, best: "low" },
      change: (x, y) => `${signed(y - x, bytes)}${relative(x, y)}`,
      ...{ praise: "takes less space", cannot: [] },
    },
    {
      ...{ what: "Time per token", a: a.msPerToken, b: b.msPerToken, text: stepTime, best: "low" },
      change: (x, y) => `${signed(y - x, stepTime)}${relative(x, y)}`,
      ...{ praise: "is faster", cannot: otherTimes(a, b) },
    },
    ...taskMeasures(a, b),
  ];
}

/** Tasks that either side was scored on. */
function taskMeasures(a: Side, b: Side): Measure[] {
  const names = [...new Set([...a.tasks, ...b.tasks].map(({ task }) => task))];
  return names.map((task) => {
    const [x, y] = [a, b].map(({ tasks }) => tasks.find((one) => one.task === task));
    const same = !x || !y || x.made === y.made;
    return {
      ...{ what: `Zero-shot, ${task}`, a: x?.value ?? null, b: y?.value ?? null, best: "high" },
      ...{ text: (value) => percent(value), change: (p, q) => signed(q - p, (d) => `${(100 * d).toFixed(1)} points`) },
      praise: `scores higher on ${task}`,
      cannot: same ? [] : [`Scores on ${task} are not compared: the items are others.`],
    } satisfies Measure;
  });
}

function rowOf({ what, a, b, text, change, best, cannot }: Measure, sameModel: boolean): VerdictRow {
  const shown = (value: number | null): string => (value === null ? "not measured" : text(value));
  const none = { what, a: shown(a), b: shown(b), difference: null, better: null };
  if (a === null || b === null || cannot.length > 0 || !sameModel) return none;
  const equal = Math.abs(b - a) <= EQUAL * Math.max(Math.abs(a), Math.abs(b));
  const better = equal ? null : a < b === (best === "low") ? "a" : "b";
  return { ...none, difference: a === b ? "none" : change(a, b), better };
}

/** What each side is better at, as one sentence. */
function sentenceOf(measures: readonly Measure[], rows: readonly VerdictRow[], sameModel: boolean): string {
  if (!sameModel) return "A and B prune different models, so neither is the better one.";
  const praises = (side: "a" | "b"): string[] =>
    measures.flatMap(({ praise, text, a, b }, i) => {
      const row = rows[i];
      if (row?.better !== side || praise === "" || a === null || b === null) return [];
      const [own, other] = side === "a" ? [a, b] : [b, a];
      return [`${praise} (${text(own)} against ${text(other)})`];
    });
  const [ofA, ofB] = [praises("a"), praises("b")];
  const join = (all: readonly string[]): string =>
    all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} and ${all.at(-1) ?? ""}`;
  if (ofA.length > 0 && ofB.length > 0) return `A ${join(ofA)}; B ${join(ofB)}.`;
  if (ofA.length > 0) return `A is better at all that can be compared: it ${join(ofA)}.`;
  if (ofB.length > 0) return `B is better at all that can be compared: it ${join(ofB)}.`;
  return "A and B do not differ in what can be compared.";
}

/** b: null for the dense model. adapter: of this page, null while it is unknown. */
export function verdictOf(a: RunRecord, b: RunRecord | null, adapter: string | null): Verdict {
  const [first, second] = [sideOf(a), b ? sideOf(b) : denseSide(a)];
  const sameModel = first.model.fingerprint === second.model.fingerprint;
  const measures = measuresOf(first, second);
  const rows = measures.map((measure) => rowOf(measure, sameModel));
  const elsewhere = first.adapter === second.adapter && adapter !== null && adapter !== first.adapter;
  const timed = first.msPerToken !== null && second.msPerToken !== null;
  const cannot = [
    ...(sameModel ? [] : [`Nothing is subtracted: A prunes ${first.model.name}, B ${second.model.name}.`]),
    ...measures.flatMap((measure) => measure.cannot),
    ...(timed && elsewhere ? [`The times are those of ${first.adapter}, not of the GPU of this page.`] : []),
  ];
  const shown = rows.filter(({ a: x, b: y }) => x !== "not measured" || y !== "not measured");
  return { rows: shown, sentence: sentenceOf(measures, rows, sameModel), cannot };
}

/** The first token in which two texts differ; null where they are equal. */
export function firstDifference(a: readonly { id: number }[], b: readonly { id: number }[]): number | null {
  const at = a.findIndex(({ id }, i) => b[i]?.id !== id);
  if (at >= 0) return at;
  return a.length === b.length ? null : a.length;
}

/** "A: DISP 50 %, seed 1 vs B: dense model". */
export const pairWords = (a: RunRecord, b: RunRecord | null): string =>
  `A: ${a.name} vs B: ${b ? b.name : "dense model"}`;
