// One matrix at the level of weights: which prunings it is shown under, and its numbers as tables.
import { classesOf, type MatrixData, type NamedKeep } from "../../charts/index.ts";
import { type RunMasks, unpackBits, unpackWords } from "../../engine/index.ts";
import { S1, S2, S3, S4, S5, VECTOR_NAMES, VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import type { FiguresSlice } from "../../state/figures/figuresState.ts";
import type { PrunedMlp, RunArchitecture } from "../../worker/protocol.ts";
import type { FigureTable } from "./figureTables.ts";

/** A linear layer: its block, and its number there. */
export type MatrixPlace = NonNullable<FiguresSlice["shownMatrix"]>;

/** The linear layers of attention come first: q, k, v and o. */
const ATTENTION_LAYERS = 4;

/** The vectors of the rows and columns of a layer (METHOD.md 1.1), by its number; the last one is the output of the MLP. */
function vectorsOf(layer: number, layers: number): { rows?: number; cols?: number } {
  if (layer < ATTENTION_LAYERS - 1) return { cols: S1 };
  if (layer === ATTENTION_LAYERS - 1) return { rows: S2 };
  return layer === layers - 1 ? { rows: S5, cols: S4 } : { rows: S4, cols: S3 };
}

/** What selection vectors keep of a layer. mask: of vector k of its block. */
function keepOfVectors(
  name: string,
  { layer, layers }: { layer: number; layers: number },
  mask: (k: number) => Uint8Array | null,
): NamedKeep {
  const { rows, cols } = vectorsOf(layer, layers);
  const named = (k: number | undefined): string | undefined => (k === undefined ? undefined : VECTOR_NAMES[k]);
  const [rowName, colName] = [named(rows), named(cols)];
  return {
    ...{ name, keep: { rows: rows === undefined ? null : mask(rows), cols: cols === undefined ? null : mask(cols) } },
    ...(rowName ? { rows: rowName } : {}),
    ...(colName ? { cols: colName } : {}),
  };
}

const ALL_KEPT = { rows: null, cols: null };

interface Shown {
  architecture: Pick<RunArchitecture, "masks"> | null;
  weights: Pick<PrunedMlp, "matrices"> | null;
}

/** What the current pruning keeps of a layer: nothing to say while the model is dense. layers: linear layers of a block. */
export function currentKeep(
  { architecture, weights }: Shown,
  { block, layer }: MatrixPlace,
  layers: number,
): readonly NamedKeep[] {
  if (weights) {
    const matrix = weights.matrices.filter((one) => one.block === block)[layer - ATTENTION_LAYERS];
    return [{ name: "", keep: matrix ? { bits: matrix.bits } : ALL_KEPT }];
  }
  if (!architecture) return [];
  const { masks } = architecture;
  return [keepOfVectors("", { layer, layers }, (k) => masks[VECTORS_PER_BLOCK * block + k] ?? null)];
}

/** What a saved run keeps of a layer. */
export function savedKeep(masks: RunMasks, name: string, { block, layer }: MatrixPlace, layers: number): NamedKeep {
  if (masks.kind === "gates")
    return keepOfVectors(name, { layer, layers }, (k) => {
      const i = VECTORS_PER_BLOCK * block + k;
      return unpackBits(masks.masks[i] ?? "", masks.sizes[i] ?? 0);
    });
  const own = layer - ATTENTION_LAYERS;
  const matrix = own < 0 ? undefined : masks.matrices[block * (layers - ATTENTION_LAYERS) + own];
  if (!matrix) return { name, keep: ALL_KEPT };
  return { name, keep: { bits: unpackWords(matrix.mask, matrix.shape[0] * matrix.shape[1], matrix.name) } };
}

const digits = (value: number): number => Number(value.toPrecision(7));

/** Bands of rows: how many weights of each class, the largest value and the mean magnitude. */
export function matrixTable(data: MatrixData): FigureTable {
  const { cells } = data;
  const classes = classesOf(data);
  return {
    head: ["first row (output)", "last row", ...classes.map(({ label }) => label), "largest", "mean magnitude"],
    rows: Array.from({ length: cells.rows }, (_, band) => {
      const [from, to] = [band * cells.cols, (band + 1) * cells.cols];
      const counts = cells.counts.map((own) => own.subarray(from, to).reduce((sum, n) => sum + n, 0));
      const of = counts.reduce((sum, n) => sum + n, 0);
      let [largest, sum] = [0, 0];
      for (let i = from; i < to; i += 1) {
        const value = cells.largest[i] ?? 0;
        if (Math.abs(value) > Math.abs(largest)) largest = value;
        const weights = cells.counts.reduce((all, own) => all + (own[i] ?? 0), 0);
        sum += (cells.mean[i] ?? 0) * weights;
      }
      const first = band * cells.step;
      const last = Math.min(first + cells.step, data.shape[0]) - 1;
      return [first, last, ...classes.map((one) => counts[one.of] ?? 0), digits(largest), digits(sum / of)];
    }),
  };
}

/** Weights of each class by magnitude. */
export function magnitudesTable(data: MatrixData): FigureTable {
  const { top, bins } = data.cells.magnitudes;
  const classes = classesOf(data);
  const count = bins[0]?.length ?? 0;
  return {
    head: ["from", "to", ...classes.map(({ label }) => label)],
    rows: Array.from({ length: count }, (_, bin) => [
      digits((bin * top) / count),
      bin === count - 1 ? "" : digits(((bin + 1) * top) / count),
      ...classes.map(({ of }) => bins[of]?.[bin] ?? 0),
    ]),
  };
}
