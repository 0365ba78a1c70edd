// The five selection vectors of a block as the charts explain and colour them (METHOD.md 1.1).
import { VECTOR_NAMES, VECTORS_PER_BLOCK } from "../../../shared/vectors.ts";

const [s1, s2, s3, s4, s5] = VECTOR_NAMES;

/** In the order of the masks: masks[5 * block + k] is VECTORS[k]. */
export const VECTORS = [
  { name: s1, meaning: "attention in", long: "input of q, k and v", colour: "--chart-s1" },
  { name: s2, meaning: "attention out", long: "output of o", colour: "--chart-s2" },
  { name: s3, meaning: "MLP in", long: "input of gate and up", colour: "--chart-s3" },
  { name: s4, meaning: "MLP middle", long: "input of down", colour: "--chart-s4" },
  { name: s5, meaning: "MLP out", long: "output of down", colour: "--chart-s5" },
] as const;

/** Which vectors of a block select embedding dimensions (all but s4), in the order of the map's rows. */
export const EMBEDDING_VECTORS = [0, 1, 2, 4] as const;

/** Which vectors of a block are rows of the map: those that select embedding dimensions, or that of the MLP's middle. */
export type MapSide = "embedding" | "middle";
export const ROW_VECTORS: Readonly<Record<MapSide, readonly number[]>> = {
  embedding: EMBEDDING_VECTORS,
  middle: [3],
};

/** The entry of VECTORS; an index outside 0..4 is a programming error. */
export function vectorAt(k: number): (typeof VECTORS)[number] {
  const vector = VECTORS[k];
  if (!vector) throw new RangeError(`expected a vector index from 0 to ${VECTORS_PER_BLOCK - 1}, got ${k}`);
  return vector;
}

/**
 * What row `row` of the gate map shows: its block, vector index k and position in masks (5L, index 5 * block + k).
 */
export function rowOf(row: number, side: MapSide = "embedding"): { block: number; k: number; mask: number } {
  const vectors = ROW_VECTORS[side];
  const block = Math.floor(row / vectors.length);
  const k = vectors[row - block * vectors.length] ?? 0;
  return { block, k, mask: VECTORS_PER_BLOCK * block + k };
}
