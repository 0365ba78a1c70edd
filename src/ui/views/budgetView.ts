// Data of the figures of budget and gate logits, of the current pruning and of what is selected in the map.
import { S4, vectorSizes, VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import { byBlock } from "../../engine/index.ts";
import type { BlockData, BudgetData, LogitHistogramData } from "../../charts/index.ts";
import { knownModel } from "../../state/model/shownModel.ts";
import type { StudioStore } from "../../state/store.ts";
import type { StudioState } from "../../state/storeState.ts";
import type { Source } from "../parts/ChartView.tsx";
import { ARCHITECTURE, onFields, SELECTION } from "./chartSources.ts";
import type { FigureTable } from "./figureTables.ts";
import { type LayerRow, layerRows } from "./layersView.ts";
import { logitsView } from "./logitsView.ts";
import { isSelected, ofBlocks } from "./selectionView.ts";

/** Weights of attention and MLP by block, from the rows of all layers. */
export function blockWeights(rows: readonly LayerRow[], blocks: StudioState["selectedBlocks"]): BudgetData {
  const all: { attention: { kept: number; of: number }; mlp: { kept: number; of: number } }[] = [];
  for (const { block, name, kept, of } of rows) {
    const own = (all[block] ??= { attention: { kept: 0, of: 0 }, mlp: { kept: 0, of: 0 } });
    const part = name.includes(".attention.") ? own.attention : own.mlp;
    part.kept += kept;
    part.of += of;
  }
  return { blocks: ofBlocks(all, blocks), first: blocks?.[0] ?? 0 };
}

export function budgetSource(studio: StudioStore): Source<BudgetData> {
  return {
    read() {
      const state = studio.store.getState();
      const facts = knownModel(state);
      return facts && blockWeights(layerRows(facts, state), state.selectedBlocks);
    },
    subscribe: onFields(studio, [...ARCHITECTURE, ...SELECTION, "weights"]),
  };
}

export const budgetTable = ({ blocks, first }: BudgetData): FigureTable => ({
  head: ["block", "part", "before", "after"],
  rows: blocks.flatMap(({ attention, mlp }, i) => [
    [first + i, "attention", attention.of, attention.kept],
    [first + i, "MLP", mlp.of, mlp.kept],
  ]),
});

const BINS = 48;
const NO_LOGITS = { edges: [], counts: [], kept: [], threshold: null, keptBelow: 0 };

interface Chosen {
  blocks: StudioState["selectedBlocks"];
  /** Embedding dimensions; null: all, and s4 too. */
  dimensions: readonly number[] | null;
}

type Visit = (logit: number, k: number, kept: boolean) => void;

const ALL: Chosen = { blocks: null, dimensions: null };

/** Counts gate logits in equal bins from the smallest to the largest one. Vectors without logits are left out. The threshold is that of all gates. */
export function histogramOf(
  logits: readonly (Float32Array | null)[],
  masks: readonly Uint8Array[],
  chosen: Chosen,
): Omit<LogitHistogramData, "keepProbability" | "empty"> {
  const visitAll = ({ blocks, dimensions }: Chosen, visit: Visit): void =>
    logits.forEach((vector, i) => {
      const [block, k] = [Math.floor(i / VECTORS_PER_BLOCK), i % VECTORS_PER_BLOCK];
      const mask = masks[i];
      if (!vector || !mask || !isSelected(blocks, block) || (dimensions && k === S4)) return;
      const count = dimensions?.length ?? vector.length;
      for (let n = 0; n < count; n += 1) {
        const j = dimensions ? (dimensions[n] ?? 0) : n;
        visit(vector[j] ?? 0, k, mask[j] !== 0);
      }
    });
  let [low, high, threshold] = [Infinity, -Infinity, -Infinity];
  visitAll(ALL, (logit, _, kept) => {
    if (!kept) threshold = Math.max(threshold, logit);
  });
  visitAll(chosen, (logit) => {
    low = Math.min(low, logit);
    high = Math.max(high, logit);
  });
  if (low > high) return NO_LOGITS;
  const width = (high - low || 1) / BINS;
  const counts = Array.from({ length: BINS }, () => new Array<number>(VECTORS_PER_BLOCK).fill(0));
  const inBin = new Array<number>(BINS).fill(0);
  let keptBelow = 0;
  visitAll(chosen, (logit, k, kept) => {
    const bin = Math.min(BINS - 1, Math.floor((logit - low) / width));
    const row = counts[bin] as number[];
    row[k] = (row[k] ?? 0) + 1;
    if (kept) inBin[bin] = (inBin[bin] ?? 0) + 1;
    if (kept && logit < threshold) keptBelow += 1;
  });
  return {
    edges: Array.from({ length: BINS + 1 }, (_, i) => low + i * width),
    ...{ counts, kept: inBin, threshold: threshold === -Infinity ? null : threshold, keptBelow },
  };
}

export function histogramSource(studio: StudioStore): Source<LogitHistogramData> {
  return {
    read() {
      const state = studio.store.getState();
      const { architecture, selectedBlocks: blocks, selectedDimensions } = state;
      const { logits, keepProbability, noLogits } = logitsView(state);
      if (!architecture || !logits)
        return {
          ...NO_LOGITS,
          empty: architecture ? `gate logits: ${noLogits ?? ""}` : "gate logits come with a training",
        };
      const found = histogramOf(logits, architecture.masks, { blocks, dimensions: selectedDimensions?.of ?? null });
      return { ...found, ...(keepProbability ? { keepProbability } : {}) };
    },
    subscribe: onFields(studio, [...ARCHITECTURE, ...SELECTION, "gateLogits"]),
  };
}

export const histogramTable = ({ edges, counts, kept, threshold }: LogitHistogramData): FigureTable => ({
  head: ["from", "to", "s1", "s2", "s3", "s4", "s5", "kept", "threshold"],
  rows: counts.map((row, bin) => [
    ...[Number((edges[bin] ?? 0).toPrecision(7)), Number((edges[bin + 1] ?? 0).toPrecision(7)), ...row, kept[bin] ?? 0],
    threshold === null ? "" : Number(threshold.toPrecision(7)),
  ]),
});

/** The block that is looked at, of the current pruning. */
export function blockSource(studio: StudioStore): Source<BlockData> {
  return {
    read() {
      const state = studio.store.getState();
      const facts = knownModel(state);
      if (!facts) return null;
      const { layers, heads, kvHeads, headDim, glu } = facts;
      const size = vectorSizes(facts);
      const kept = state.architecture ? byBlock(state.architecture.counts) : Array.from({ length: layers }, () => size);
      const block = Math.min(state.shownBlock, layers - 1);
      return { block, kept, size, queries: heads * headDim, keys: kvHeads * headDim, glu };
    },
    subscribe: onFields(studio, [...ARCHITECTURE, "shownBlock"]),
  };
}

/** Kept and full widths of all blocks. */
export const blockTable = ({ kept, size }: BlockData): FigureTable => ({
  head: ["block", "s1", "s2", "s3", "s4", "s5"],
  rows: [["full", ...size], ...kept.map((row, block) => [block, ...row])],
});
