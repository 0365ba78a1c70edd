// What the matrix at the level of weights is drawn from.
import type { MatrixCells, MatrixKeep } from "../../../engine/index.ts";
import type { WeightPlace } from "../map/weightView.ts";

/** What one pruning keeps, with the words for why a weight is removed. */
export interface NamedKeep {
  /** Empty for the current pruning; "A" and "B" for two that are compared. */
  name: string;
  keep: MatrixKeep;
  /** Names of the selection vectors of rows and columns: "s4". */
  rows?: string;
  cols?: string;
}

export interface MatrixData {
  /** Of the layer: "blocks.0.mlp.gate_proj". */
  name: string;
  /** (out, in) */
  shape: readonly [number, number];
  /** All of the matrix. */
  cells: MatrixCells;
  /** None: dense. One: pruned. Two: compared. */
  keeps: readonly NamedKeep[];
  /** What the values are: the model's weights, or what was added to them after pruning. */
  values: "weights" | "change";
  /** The value of a cell that has several weights. */
  shade: "largest" | "mean";
}

/** The classes of weights that a figure tells apart, as `MatrixCells` counts them. */
interface WeightClass {
  /** Number of the class. */
  of: number;
  label: string;
  colour: string;
}

const KEPT: WeightClass = { of: 1, label: "kept", colour: "--chart-weight-kept" };
const PRUNED: readonly WeightClass[] = [KEPT, { of: 0, label: "removed", colour: "--chart-weight-removed" }];
const COMPARED: readonly WeightClass[] = [
  { of: 3, label: "both keep", colour: "--chart-kept" },
  { of: 1, label: "only A keeps", colour: "--chart-only-a" },
  { of: 2, label: "only B keeps", colour: "--chart-only-b" },
  { of: 0, label: "neither keeps", colour: "--chart-pruned" },
];

export function classesOf({ keeps }: Pick<MatrixData, "keeps">): readonly WeightClass[] {
  if (keeps.length === 0) return [{ ...KEPT, label: "weights" }];
  return keeps.length === 1 ? PRUNED : COMPARED;
}

/** Weights of a class in all cells. */
export const weightsOfClass = ({ counts }: MatrixCells, of: number): number =>
  counts[of]?.reduce((sum, n) => sum + n, 0) ?? 0;

/** Whether a weight is kept, and what removes it where it is not: "s4 (row)". */
export function fateOf({ keep, rows, cols }: NamedKeep, { row, col }: WeightPlace, width: number): string {
  if ("bits" in keep) {
    const i = row * width + col;
    return ((keep.bits[i >>> 5] ?? 0) >>> (i & 31)) & 1 ? "kept" : "removed by its score";
  }
  const by = [
    ...(keep.rows?.[row] === 0 ? [`${rows ?? "its vector"} (row)`] : []),
    ...(keep.cols?.[col] === 0 ? [`${cols ?? "its vector"} (column)`] : []),
  ];
  return by.length === 0 ? "kept" : `removed by ${by.join(" and ")}`;
}
