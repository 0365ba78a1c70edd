// Made-up masks of a model: what the charts of gates draw in the gallery and in the snapshots.
import { comparedMasks, jaccard } from "../index.ts";
import type { BlockData, BudgetData, GateData, LogitHistogramData, OverlapData, WidthsData } from "../index.ts";
import { random } from "./random.fixture.ts";

interface MaskSizes {
  layers: number;
  dModel: number;
}

/** Kept rates of s1..s5: attention thins out in the middle blocks, the MLP's middle loses most. */
function keptRate(block: number, k: number, layers: number): number {
  const depth = layers > 1 ? block / (layers - 1) : 0;
  const attention = 0.35 + 1.6 * (depth - 0.5) ** 2;
  return [attention, attention - 0.1, 0.85, 0.3 + 0.2 * depth, 0.9 - 0.15 * depth][k] ?? 1;
}

/** Masks of 5 vectors per block; s4 is 3 times as long as the others. Some dimensions are popular in every block. */
function masksOf({ layers, dModel }: MaskSizes, seed = 0): Uint8Array[] {
  return Array.from({ length: 5 * layers }, (_, i) => {
    const [block, k] = [Math.floor(i / 5), i % 5];
    const rate = keptRate(block, k, layers);
    return Uint8Array.from({ length: k === 3 ? 3 * dModel : dModel }, (_unused, j) => {
      const popular = 0.5 * random(j) + 0.5 * random(1000 * i + j, 1 + seed);
      return Number(popular < 0.1 + 0.8 * rate);
    });
  });
}

export const gateData = (sizes: MaskSizes): GateData => ({ ...sizes, masks: masksOf(sizes) });

/** Two runs in one map. */
export function comparedData(sizes: MaskSizes): GateData {
  const compared = comparedMasks(masksOf(sizes), masksOf(sizes, 7));
  return { ...sizes, masks: compared.map((mask) => mask.map((who) => Number(who === 3))), compared };
}

export function overlapData(sizes: MaskSizes): OverlapData {
  const [a, b] = [masksOf(sizes), masksOf(sizes, 7)];
  const values = Array.from({ length: 5 }, (_, k) =>
    Array.from({ length: sizes.layers }, (_unused, block) => jaccard(a[5 * block + k]!, b[5 * block + k]!)),
  );
  return { rows: ["s1", "s2", "s3", "s4", "s5"], values };
}

export function widthsData(sizes: MaskSizes): WidthsData {
  const masks = masksOf(sizes);
  const byBlock = (of: (mask: Uint8Array) => number): number[][] =>
    Array.from({ length: sizes.layers }, (_, block) => masks.slice(5 * block, 5 * block + 5).map(of));
  return {
    kept: byBlock((mask) => mask.reduce((sum, gate) => sum + gate, 0)),
    size: byBlock((mask) => mask.length),
  };
}

export function blockData(sizes: MaskSizes): BlockData {
  const { kept, size } = widthsData(sizes);
  const { dModel } = sizes;
  return { block: sizes.layers - 1, kept, size: size[0] ?? [], queries: dModel, keys: dModel / 2, glu: true };
}

/** Weights of a block whose heads are as wide as the model. */
export function budgetData(sizes: MaskSizes): BudgetData {
  const { dModel } = sizes;
  const weights = ([s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0]: readonly number[]): [number, number] => [
    dModel * (3 * s1 + s2),
    2 * s3 * s4 + s4 * s5,
  ];
  const { kept, size } = widthsData(sizes);
  const blocks = kept.map((row, block) => {
    const [now, before] = [weights(row), weights(size[block] ?? [])];
    return { attention: { kept: now[0], of: before[0] }, mlp: { kept: now[1], of: before[1] } };
  });
  return { blocks, first: 0 };
}

/** Two hills, and a threshold between them. */
export function logitData(bins: number): LogitHistogramData {
  const edges = Array.from({ length: bins + 1 }, (_, i) => -6 + (9 * i) / bins);
  const hill = (x: number, middle: number): number => Math.exp(-((x - middle) ** 2));
  const counts = Array.from({ length: bins }, (_, bin) =>
    [1, 1, 2, 4, 1].map((n, k) => {
      const x = edges[bin] ?? 0;
      return Math.round(60 * n * (hill(x, -4 + 0.3 * k) + hill(x, 0.5 - 0.2 * k)));
    }),
  );
  const kept = counts.map((row, bin) => ((edges[bin] ?? 0) > -2 ? row.reduce((sum, n) => sum + n, 0) : 0));
  const keepProbability = (logit: number): number => 1 / (1 + Math.exp(-logit - 3));
  return { edges, counts, kept, threshold: -2.03, keptBelow: 3, keepProbability };
}
