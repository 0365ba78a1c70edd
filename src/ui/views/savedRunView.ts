// What a saved run shows without its model: the map, the widths and the curves that are stored with it.
import type { BarsData, GateData, MatrixPart, RunData, WidthsData } from "../../charts/index.ts";
import {
  byBlock,
  countOnes,
  type Run,
  type RunHistory,
  type RunMasks,
  unpackHistory,
  unpackRunMasks,
} from "../../engine/index.ts";
import { sameReading } from "../../state/text/textState.ts";
import { blockOf, matrixPartOf } from "./runViews.ts";
import { PARTS } from "./weightSources.ts";

interface SavedRunData {
  /** Of a structural run; null for single weights, and where the vectors are not five per block. */
  gates: { map: GateData; widths: WidthsData } | null;
  /** Of single weights: kept weights of each matrix. */
  shares: { parts: readonly MatrixPart[]; bars: BarsData } | null;
  /** Null where no curves are saved with the run. */
  curves: RunData | null;
}

export function savedRunData({ record, masks, history }: Run): SavedRunData {
  const plannedSteps = record.made.kind === "disp" ? record.made.recipe.steps : 0;
  return {
    gates: masks.kind === "gates" ? gatesOf(masks) : null,
    shares: masks.kind === "weights" ? sharesOf(masks) : null,
    curves: history ? curvesOf(history, record.perplexity, plannedSteps) : null,
  };
}

function gatesOf(masks: Extract<RunMasks, { kind: "gates" }>): SavedRunData["gates"] {
  const { sizes } = masks;
  const dModel = sizes[0] ?? 0;
  const isOfBlocks = sizes.length > 0 && sizes.length % 5 === 0;
  if (!isOfBlocks || sizes.some((size, i) => i % 5 !== 3 && size !== dModel)) return null;
  const unpacked = unpackRunMasks(masks).map(({ gates }) => gates);
  return {
    map: { layers: sizes.length / 5, dModel, masks: unpacked },
    widths: { kept: byBlock(unpacked.map(countOnes)), size: byBlock(sizes) },
  };
}

const FILE_PARTS: Readonly<Record<string, MatrixPart>> = {
  gate: "gate",
  up: "up",
  fc1: "up",
  down: "down",
  fc2: "down",
};

function sharesOf(masks: Extract<RunMasks, { kind: "weights" }>): SavedRunData["shares"] {
  const found = unpackRunMasks(masks).flatMap(({ name, gates }) => {
    const part = FILE_PARTS[matrixPartOf(name)];
    return part ? [{ block: blockOf(name), part, kept: countOnes(gates), of: gates.length }] : [];
  });
  const parts = PARTS.filter((part) => found.some((matrix) => matrix.part === part));
  const blocks = [...new Set(found.map(({ block }) => block))].sort((a, b) => a - b);
  const table = (key: "kept" | "of"): number[][] =>
    blocks.map((block) =>
      parts.map((part) => found.find((matrix) => matrix.block === block && matrix.part === part)?.[key] ?? 0),
    );
  return { parts, bars: { kept: table("kept"), size: table("of") } };
}

/** The dense perplexity, and the readings, that were measured as the run's own perplexity was. */
function curvesOf(history: RunHistory, perplexity: Run["record"]["perplexity"], plannedSteps: number): RunData {
  const alike = history.readings.filter((reading) => sameReading(reading, perplexity));
  return {
    ...unpackHistory(history),
    plannedSteps,
    readings: alike.map(({ step, value }) => ({ step, perplexity: value })),
    otherReadings: history.readings.length - alike.length,
    dense: perplexity.dense,
  };
}
