// The data of the charts of single weights: the pruned MLP in the store.
import { parsePattern } from "../../engine/index.ts";
import type { BarsData, MatrixPart, NormsData, WeightMapData } from "../../charts/index.ts";
import type { StudioStore } from "../../state/store.ts";
import type { PrunedMlp } from "../../worker/protocol.ts";
import type { Source } from "../parts/ChartView.tsx";

export const PARTS: readonly MatrixPart[] = ["gate", "up", "down"];

/** The parts of this MLP: without a GLU there is no gate. */
export function partsOf({ matrices }: PrunedMlp): MatrixPart[] {
  return PARTS.filter((part) => matrices.some((matrix) => matrix.part === part));
}

/** A chart's source that reads the pruned weights; `make` returns null for what they lack. */
function weightSource<Data>({ store }: StudioStore, make: (weights: PrunedMlp) => Data | null): Source<Data> {
  return {
    read() {
      const { weights } = store.getState();
      return weights && make(weights);
    },
    subscribe: (changed) =>
      store.subscribe((state, before) => {
        if (state.weights !== before.weights) changed();
      }),
  };
}

/** The mask of one matrix. */
export function maskSource(studio: StudioStore, block: number, part: MatrixPart): Source<WeightMapData> {
  return weightSource(studio, ({ matrices, recipe }) => {
    const matrix = matrices.find((one) => one.block === block && one.part === part);
    const pattern = parsePattern(recipe.pattern);
    return matrix ? { ...matrix, group: pattern.kind === "groups" ? pattern.size : null } : null;
  });
}

export type NormKind = "input" | "middle";
const NORM_WORDS: Readonly<Record<NormKind, string>> = { input: "input of gate and up", middle: "input of down" };

/** L2 norms of the calibration activations, by block and feature. */
export function normsSource(studio: StudioStore, kind: NormKind, sorted: boolean): Source<NormsData> {
  return weightSource(studio, ({ norms }) => {
    return norms.length === 0 ? null : { rows: norms.map((block) => block[kind]), what: NORM_WORDS[kind], sorted };
  });
}

/** Kept and all weights of every matrix, by block and part. */
export function sharesSource(studio: StudioStore): Source<BarsData> {
  return weightSource(studio, (weights) => {
    const parts = partsOf(weights);
    const blocks = 1 + Math.max(...weights.matrices.map(({ block }) => block));
    const table = (of: (matrix: PrunedMlp["matrices"][number]) => number): number[][] =>
      Array.from({ length: blocks }, (_, block) =>
        parts.map((part) => {
          const matrix = weights.matrices.find((one) => one.block === block && one.part === part);
          return matrix ? of(matrix) : 0;
        }),
      );
    return { kept: table(({ kept }) => kept), size: table(({ shape }) => shape[0] * shape[1]) };
  });
}
