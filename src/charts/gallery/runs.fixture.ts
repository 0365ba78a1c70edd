// Made-up runs: series by step, perplexities by ratio and by size, losses by token.
import type {
  RatioCurveData,
  RecoverCurveData,
  RunData,
  TokenStripData,
  TradeoffData,
  TradeoffPoint,
} from "../index.ts";
import { percent } from "../../shared/format.ts";
import { bell, random } from "./random.fixture.ts";

/** A run of which two thirds are done; the target is moved once. */
export function runData(plannedSteps: number): RunData {
  const count = Math.round((2 * plannedSteps) / 3);
  const step = Float64Array.from({ length: count }, (_, i) => i);
  const done = (i: number): number => i / plannedSteps;
  const kept = step.map((i) => 0.5 + 0.45 * Math.exp(-12 * done(i)) + 0.01 * bell(i, 1));
  return {
    step,
    kept,
    loss: step.map((i) => 3.1 + 0.9 * Math.exp(-6 * done(i)) + 0.12 * bell(i)),
    penalty: step.map((i) => 0.65 * Math.exp(-14 * done(i)) + 0.01 * random(i, 2)),
    plannedSteps,
    target: step.map((i) => (i < Math.round(count / 2) ? 0.5 : 0.55)),
    readings: [1, 2, 3, 4].map((sixth) => ({
      step: Math.round((sixth * plannedSteps) / 6),
      perplexity: 25 + 9 / sixth,
    })),
    dense: 19.78,
  };
}

/** A run for every ratio: each step draws its own target. */
export function everyRatioData(plannedSteps: number): RunData {
  const run = runData(plannedSteps);
  const target = Array.from({ length: run.step.length }, (_, i) => 0.35 + 0.6 * random(i, 5));
  const off = (i: number): number => 0.25 * Math.exp((-9 * i) / plannedSteps);
  const kept = target.map((ratio, i) => Math.min(1, ratio + off(i) + 0.008 * bell(i, 6)));
  return { ...run, kept, target };
}

const perplexityAt = (ratio: number): number => 19.8 + 26 * (1 - ratio) ** 2.2;

export function ratioCurveData(): RatioCurveData {
  const ratios = [0.35, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9, 0.95];
  const run = (ratio: number, more: number) => ({
    ratio,
    x: ratio - 0.002,
    y: perplexityAt(ratio) + more,
    label: `keep ${percent(ratio, 0)}, seed 1`,
  });
  return {
    name: "this run, every ratio",
    points: ratios.map((ratio, i) => ({ ratio, x: ratio - 0.001, y: perplexityAt(ratio) + 0.1 * random(i, 3) })),
    runs: [run(0.5, 0.4), run(0.65, -0.2), run(0.8, 0.15)],
    dense: { x: 1, y: 19.78 },
    ratio: 0.58,
  };
}

export function recoverCurveData(): RecoverCurveData {
  const steps = [0, 50, 100, 150, 200];
  return { readings: steps.map((step) => ({ step, value: 24 + 3 * Math.exp(-step / 60) })), dense: 19.78, steps: 300 };
}

const METHODS = ["DISP-LLM", "DaSS", "Wanda", "SparseGPT", "magnitude", "uniform magnitude", "random"];

/** Runs of every method; the perplexities span more than four times, so that the axis is logarithmic. */
export function tradeoffData(): TradeoffData {
  const points = METHODS.flatMap((method, m) =>
    [0.5, 0.65, 0.8].map((ratio, i): TradeoffPoint => {
      const x = ratio + 0.02 * (random(3 * m + i, 4) - 0.5);
      const recipe = [
        { label: "method", value: method },
        { label: "target", value: percent(ratio) },
      ];
      const y = perplexityAt(ratio) * (1 + 0.9 * (m / 3) ** 3 * (1 - ratio));
      return { id: `${m}-${i}`, x, y, label: `${method}, run ${i + 1}`, method, dedicated: true, recipe };
    }),
  );
  const [disp] = points;
  const recovered = { label: "DISP-LLM, recovered", y: perplexityAt(0.65), before: disp?.y ?? 0, dedicated: false };
  if (disp) points.push({ ...disp, ...recovered, id: "recovered" });
  const axis = { name: "kept share of the whole model", format: (x: number) => percent(x, 0) };
  return { points, axis, dense: { x: 1, y: 19.78 }, picked: ["0-0", "1-1"] };
}

const TEXT =
  "The trellis holds the branches , and what is cut in winter bears in spring .\nA gardener looks at the whole tree first :" +
  " which shoots carry fruit , which only shade the others . Then the knife is quick .\n";

/** `repeats` times the text; the first token is not scored. */
export function tokenStripData(repeats: number): TokenStripData {
  const words = Array.from({ length: repeats }, () => TEXT.match(/\n| ?[^ \n]+/g) ?? []).flat();
  const loss = (i: number, seed: number): number =>
    i === 0 ? NaN : Math.abs(2.4 + 1.6 * bell(i) + 0.8 * bell(i, seed));
  return { tokens: words, first: words.map((_, i) => loss(i, 8)), second: words.map((_, i) => loss(i, 9)) };
}
