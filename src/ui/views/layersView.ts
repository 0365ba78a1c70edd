// Every linear layer before and after pruning: its sizes, and the share of its weights that stays.
import { byBlock } from "../../engine/index.ts";
import { vectorSizes } from "../../shared/vectors.ts";
import type { KnownFacts, PrunedMlp, RunArchitecture } from "../../worker/protocol.ts";

export interface LayerRow {
  /** "blocks.3.mlp.gate_proj". */
  name: string;
  block: number;
  /** Number of the layer in its block. */
  layer: number;
  /** Outputs and inputs. */
  before: readonly [number, number];
  after: readonly [number, number];
  /** Weights, without biases. */
  kept: number;
  of: number;
}

type Shape = Pick<KnownFacts, "layers" | "dModel" | "dMlp" | "heads" | "kvHeads" | "headDim" | "glu">;

/** Widths that a block keeps of s1 to s5. */
type Widths = readonly number[];

/** The layers of a block with these widths: outputs and inputs (METHOD.md 1.1). */
function layersOf({ heads, kvHeads, headDim, glu }: Shape, widths: Widths): [name: string, size: [number, number]][] {
  const [s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0] = widths;
  const [queries, keys] = [heads * headDim, kvHeads * headDim];
  return [
    ["attention.q_proj", [queries, s1]],
    ["attention.k_proj", [keys, s1]],
    ["attention.v_proj", [keys, s1]],
    ["attention.o_proj", [s2, queries]],
    ...(glu ? ([["mlp.gate_proj", [s4, s3]]] as [string, [number, number]][]) : []),
    ["mlp.up_proj", [s4, s3]],
    ["mlp.down_proj", [s5, s4]],
  ];
}

/** Kept weights of a matrix of single weights, whose tensor name is "model.layers.3.mlp.up_proj.weight"; null for one that is dense. */
function keptOf(weights: PrunedMlp | null, block: number, part: string): number | null {
  const found = weights?.matrices.find((matrix) => matrix.block === block && matrix.part === part);
  return found?.kept ?? null;
}

/** All linear layers of the blocks, in their order. Structural pruning changes sizes, single weights the share alone. */
export function layerRows(
  facts: Shape,
  pruned: { architecture: Pick<RunArchitecture, "counts"> | null; weights: PrunedMlp | null },
): LayerRow[] {
  const { layers } = facts;
  const full = vectorSizes(facts);
  const counts = pruned.architecture && !pruned.weights ? byBlock(pruned.architecture.counts) : null;
  return Array.from({ length: layers }, (_, block) => {
    const cut = layersOf(facts, counts?.[block] ?? full);
    return layersOf(facts, full).map(([name, before], i): LayerRow => {
      const after = cut[i]?.[1] ?? before;
      const kept = keptOf(pruned.weights, block, name.replace(/^mlp\.|_proj$/g, "")) ?? after[0] * after[1];
      return { name: `blocks.${block}.${name}`, block, layer: i, before, after, kept, of: before[0] * before[1] };
    });
  }).flat();
}

export const LAYER_COLUMNS = ["layer", "before", "after", "kept weights", "share"] as const;
export type LayerColumn = (typeof LAYER_COLUMNS)[number];

const KEYS: Readonly<Record<Exclude<LayerColumn, "layer">, (row: LayerRow) => number>> = {
  before: ({ of }) => of,
  after: ({ after }) => after[0] * after[1],
  "kept weights": ({ kept }) => kept,
  share: ({ kept, of }) => kept / of,
};

/** Sorted by a column; rows that are equal there stay in the order of the model. */
export function sortedLayers(rows: readonly LayerRow[], column: LayerColumn, down: boolean): LayerRow[] {
  const sign = down ? -1 : 1;
  if (column === "layer") return down ? [...rows].reverse() : [...rows];
  const key = KEYS[column];
  return [...rows].sort((a, b) => sign * (key(a) - key(b)));
}

/** The rows as a table of numbers, for CSV. */
export function layerTable(rows: readonly LayerRow[]): { head: string[]; rows: (string | number)[][] } {
  return {
    head: ["layer", "block", "outputs before", "inputs before", "outputs after", "inputs after", "kept", "of", "share"],
    rows: rows.map(({ name, block, before, after, kept, of }) => [
      ...[name, block, ...before, ...after, kept, of, Number((kept / of).toFixed(6))],
    ]),
  };
}
