// What a graphics card should reach, beside what was measured on this one.
import { percent } from "../shared/format.ts";
import { figuresOf, type LabDecode, type LabResult, type SlopeFigure, type TorchResult } from "./labResult.ts";
import { LIBRARIES, timesAsLong } from "./peersResult.ts";
import { matmulShares } from "./matmulShare.ts";

/** Figure, goal, measured. */
type GoalRow = [figure: string, goal: string, measured: string];

const NOT_MEASURED = "not measured";

/** A row per goal; a figure that the result lacks is "not measured". */
export const goalRows = (result: LabResult): GoalRow[] => [
  ...matmulRows(result),
  ...(["dense", "compact"] as const).map((form) => decodeRow(result, form)),
  ...(["T", "L", "d"] as const).map((axis) => slopeRow(result, axis)),
  openingRow(result),
  ...[512, 2048].map((tokens) => torchRow(result, tokens)),
  ...LIBRARIES.map((library) => peerGoal(result, library)),
];

function matmulRows(result: LabResult): GoalRow[] {
  const shares = matmulShares(result);
  const goal = "median at least 60 %, none under 35 %";
  return (["forward", "backward"] as const).flatMap((direction) =>
    (["f32", "f16"] as const).map((precision): GoalRow => {
      const found = shares.find((one) => one.direction === direction && one.precision === precision);
      const figure = `matmul ${direction}, weights ${precision}, 512 to 4096 rows: share of the fma peak`;
      if (!found) return [figure, goal, NOT_MEASURED];
      const kind = found.of === "best" ? "best variant of each of" : "over";
      const text = `median ${percent(found.median, 0)}, lowest ${percent(found.lowest, 0)} (${kind} ${found.shapes} shapes, ${found.rows.join(", ")} rows)`;
      return [figure, goal, text];
    }),
  );
}

/** Bytes of weights that were read per second, in GB. */
export const weightGigabytes = ({ tokensPerSecond, readBytes, weightBytes }: LabDecode): number =>
  (tokensPerSecond.median * (readBytes ?? weightBytes)) / 1e9;

/** The decoding of one form, of each model that was measured; of several kernels the fastest counts. */
function decodeRow(result: LabResult, form: "dense" | "compact"): GoalRow {
  const row = (measured: string): GoalRow => [
    `decoding, ${form === "dense" ? "dense" : "compact at 50 %"}: share of the memory bandwidth`,
    "at least 50 %",
    measured,
  ];
  const figures = (figuresOf(result.decode) ?? []).filter((one) => (one.form ?? "dense") === form);
  const bandwidth = figuresOf(result.peak)?.gigabytesPerSecond.median;
  if (figures.length === 0 || bandwidth === undefined) return row(NOT_MEASURED);
  const models = [...new Set(figures.map(({ model }) => model))].map((model) => {
    const rates = figures.filter((one) => one.model === model).map(weightGigabytes);
    return `${percent(Math.max(...rates) / bandwidth, 0)} (${model})`;
  });
  return row(models.join(", "));
}

const AXES: Record<SlopeFigure["axis"], string> = { T: "tokens", L: "blocks", d: "hidden size" };

function slopeRow(result: LabResult, axis: SlopeFigure["axis"]): GoalRow {
  const found = figuresOf(result.slopes)?.find((one) => one.axis === axis);
  const sizes = found?.points.map(({ size }) => size) ?? [];
  const range = found ? ` (${Math.min(...sizes)} to ${Math.max(...sizes)}, attention ${found.attention})` : "";
  return [
    `step time without attention against ${AXES[axis]}: slope relative to the linear work`,
    "at most 1.1",
    found ? `${found.slope.toFixed(2)}${range}` : NOT_MEASURED,
  ];
}

function openingRow({ opening }: LabResult): GoalRow {
  const found = figuresOf(opening);
  const measured = found
    ? `${found.firstStepSeconds.toFixed(2)} s (${found.model}, ${found.tokens} tokens)`
    : NOT_MEASURED;
  return ["first training step after opening, compilation included", "under 3 s for 135M", measured];
}

/** The fastest step of the engine over PyTorch's fastest in f32 without TF32: eager, or compiled where that was measured. */
function torchRow(result: LabResult, tokens: number): GoalRow {
  const ours = (figuresOf(result.steps) ?? []).filter((step) => step.tokens === tokens).map(({ ms }) => ms.median);
  const theirs = torchTimes(result.pytorch, tokens);
  const figure = `DISP step of ${tokens} tokens: time over PyTorch's in f32`;
  const best = theirs.toSorted((a, b) => a.ms - b.ms)[0];
  const measured =
    ours.length > 0 && best ? `${(Math.min(...ours) / best.ms).toFixed(2)} (${best.mode})` : NOT_MEASURED;
  return [figure, "at most 1.5", measured];
}

const torchTimes = (torch: TorchResult | undefined, tokens: number): { mode: string; ms: number }[] =>
  (torch?.steps ?? []).flatMap(({ mode, tf32, tokens: count, ms }) =>
    !tf32 && count === tokens && ms ? [{ mode, ms: ms.median }] : [],
  );

/** The time of a library's step over the engine's, on every model on which both were timed. */
function peerGoal({ peers = [] }: LabResult, library: string): GoalRow {
  const found = peers.flatMap(({ model, steps }) =>
    steps.flatMap(({ tokens, times }) => {
      const [ours, theirs] = [times[0]?.ms, times.find(({ name }) => name === library)?.ms];
      return ours && theirs ? [`${timesAsLong(theirs, ours).toFixed(1)} (${model}, ${tokens} tokens)`] : [];
    }),
  );
  return [`DISP step: time of ${library} over ours`, "at least 2", found.join(", ") || NOT_MEASURED];
}
