// The data of each figure as a table of numbers, for its table view and for CSV.
import type {
  BarsData,
  GateData,
  NormsData,
  OverlapData,
  RatioCurveData,
  RunData,
  TokenStripData,
  TradeoffData,
  WeightMapData,
} from "../../charts/index.ts";
import type { Cell } from "../../shared/csv.ts";

export interface FigureTable {
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
}

/** Enough digits for plots and small files; a value that is not known is empty. */
const cell = (value: number | undefined): Cell =>
  value === undefined || !Number.isFinite(value) ? "" : Number(value.toPrecision(7));

const ROWS = ["s1", "s2", "s3", "s4", "s5"];

/** One row per selection vector that the map shows, one column per dimension: 1 kept, 0 removed. */
export function mapTable({ layers, dModel, masks, compared, side }: GateData): FigureTable {
  const own = compared ?? masks;
  const head = ["block", "vector", "kept", ...Array.from({ length: dModel }, (_, i) => String(i))];
  const rows = Array.from({ length: layers }, (_, block) =>
    ROWS.flatMap((name, k) => {
      const [mask, values] = [masks[5 * block + k], own[5 * block + k]];
      if ((k === 3) !== (side === "middle") || !mask || !values) return [];
      const kept = mask.reduce((sum, gate) => sum + (gate === 0 ? 0 : 1), 0);
      return [[block, name, kept, ...values]];
    }),
  );
  return { head, rows: rows.flat() };
}

export function runTable({
  step,
  loss,
  penalty,
  kept,
  target,
  readings = [],
  count = step.length,
}: RunData): FigureTable {
  const perplexities = new Map(readings.map((reading) => [reading.step, reading.perplexity]));
  return {
    head: ["step", "loss", "R", "kept share", "target", "perplexity"],
    rows: Array.from({ length: count }, (_, i) => {
      const at = step[i] ?? i;
      // a reading after n steps belongs to step n - 1, the last one that was done
      return [at, cell(loss[i]), cell(penalty[i]), cell(kept[i]), cell(target?.[i]), cell(perplexities.get(at + 1))];
    }),
  };
}

/** names: of the bars of a block. */
export const barsTable =
  (names: readonly string[]) =>
  ({ kept, size, first = 0 }: BarsData): FigureTable => ({
    head: ["block", "of", "kept", "full"],
    rows: kept.flatMap((own, block) =>
      own.map((value, k) => [first + block, names[k] ?? String(k), value, size[block]?.[k] ?? ""]),
    ),
  });

export const widthsTable = barsTable(ROWS);

export const ratioCurveTable = ({ points, runs, dense }: RatioCurveData): FigureTable => ({
  head: ["run", "kept share", "perplexity"],
  rows: [
    ...points.map(({ x, y }) => ["this run", cell(x), cell(y)]),
    ...runs.map(({ x, y, label }) => [label, cell(x), cell(y)]),
    ...(dense ? [["dense", cell(dense.x), cell(dense.y)]] : []),
  ],
});

export const tradeoffTable = ({ points, axis, dense }: TradeoffData): FigureTable => ({
  head: ["run", "method", axis.name, "perplexity", "before recovery"],
  rows: [
    ...points.map(({ label, method, x, y, before }) => [label, method, cell(x), cell(y), cell(before)]),
    ...(dense ? [["dense", "", cell(dense.x), cell(dense.y), ""]] : []),
  ],
});

export const overlapRows = ({ rows, values }: OverlapData): FigureTable => ({
  head: ["of", "block", "overlap"],
  rows: rows.flatMap((name, k) => (values[k] ?? []).map((value, block) => [name, block, cell(value)])),
});

export const tokensTable = ({ tokens, first, second }: TokenStripData): FigureTable => ({
  head: ["position", "token", "loss of A", "loss of B"],
  rows: tokens.map((token, i) => [i, token, cell(first[i]), cell(second[i])]),
});

export const normsTable = ({ rows }: NormsData): FigureTable => ({
  head: ["block", "neuron", "norm"],
  rows: rows.flatMap((norms, block) => Array.from(norms, (norm, i) => [block, i, cell(norm)])),
});

/** Kept weights by row. */
export function weightMapTable({ shape: [rows, cols], bits }: WeightMapData): FigureTable {
  const kept = (row: number): number => {
    let sum = 0;
    for (let i = row * cols; i < (row + 1) * cols; i += 1) sum += ((bits[i >> 5] ?? 0) >>> (i & 31)) & 1;
    return sum;
  };
  return {
    head: ["row (output)", "kept weights", "of"],
    rows: Array.from({ length: rows }, (_, row) => [row, kept(row), cols]),
  };
}
