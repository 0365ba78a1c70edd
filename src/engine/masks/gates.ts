// The five selection vectors of each block (METHOD.md 1.1): their sizes, and the layout of all of them in one flat buffer.
import { invariant } from "../errors.ts";
import type { ModelConfig } from "../config/config.ts";
import { prunesMlpOnly, type Recipe } from "../recipes/recipe.ts";
import { S4, vectorSizes, VECTORS_PER_BLOCK } from "../../shared/vectors.ts";

/**
 * Every vector starts at a multiple of this many gates, so that one workgroup handles a tile of one vector, and a view of a vector is a
 * legal binding (256 bytes). The same as GATE_TILE of shaders/lib/gate_tiles.wgsl.
 */
export const GATE_TILE = 64;

/** c of METHOD.md 1.3: added to every gate logit, so that almost all gates are on at the start. */
export const LOGIT_OFFSET = 3;

/** Binary masks: for each of the 5L selection vectors, its N_i gates (0 or 1). */
export type Masks = readonly Uint8Array[];

/** How selection vectors are stored in one flat buffer. */
export interface GateLayout {
  /** N_i: number of gates of vector i = 5 * block + k. */
  readonly sizes: readonly number[];
  /** First gate of vector i in the flat buffer, a multiple of GATE_TILE. */
  readonly offsets: readonly number[];
  /** Length of the flat buffer, padding included. */
  readonly length: number;
  /** For each tile of GATE_TILE gates, the vector that it belongs to. */
  readonly vectorOfTile: readonly number[];
}

/** The layout of vectors of the given sizes, each padded to a whole number of tiles. */
export function layoutOf(sizes: readonly number[]): GateLayout {
  const offsets: number[] = [];
  const vectorOfTile: number[] = [];
  sizes.forEach((size, vector) => {
    offsets.push(vectorOfTile.length * GATE_TILE);
    for (let gate = 0; gate < size; gate += GATE_TILE) vectorOfTile.push(vector);
  });
  return { sizes, offsets, length: vectorOfTile.length * GATE_TILE, vectorOfTile };
}

/** The layout of a model's 5L vectors: (d, d, d, f, d) for every block. */
export function gateLayout(config: ModelConfig): GateLayout {
  return layoutOf(Array.from({ length: config.layers }, () => vectorSizes(config)).flat());
}

/** In `Sharing.shown`: a vector that is not pruned, so all its gates are ones. */
export const NOT_PRUNED = -1;

/** Of the gates of vectors that are not pruned: so large that every estimator turns them on, in f32, without a gradient. */
export const KEPT_LOGIT = 64;

/** Which vectors are trained, ranked and pruned, and where each of them acts: shared ones in several places. */
export interface Sharing {
  /** The distinct vectors. */
  readonly own: GateLayout;
  /** For each of the 5L places, its vector in `own`, or NOT_PRUNED. */
  readonly shown: readonly number[];
  /** The kept widths of s4 are multiples of this, or the full width. */
  readonly widthMultiple: number;
}

/** The part of a recipe that says which vectors are pruned, and how. */
type PrunedVectors = Pick<Recipe, "gates"> & Partial<Pick<Recipe, "widthMultiple">>;

/**
 * The sharing of a recipe's gates. In "constrained", s1, s2, s3 and s5 of all blocks are vector 0, and s4 of block l is vector 1 + l. In "mlp"
 * and its ablations, s4 of block l is vector l, and the others are not pruned.
 */
export function sharingOf({ gates, widthMultiple = 1 }: PrunedVectors, layout: GateLayout): Sharing {
  const mlpOnly = prunesMlpOnly(gates);
  if (gates !== "constrained" && !mlpOnly) return { own: layout, shown: layout.sizes.map((_, i) => i), widthMultiple };
  const isMiddle = (i: number): boolean => i % VECTORS_PER_BLOCK === S4;
  const [others, first] = mlpOnly ? [NOT_PRUNED, 0] : [0, 1];
  const shown = layout.sizes.map((_, i) => (isMiddle(i) ? first + Math.floor(i / VECTORS_PER_BLOCK) : others));
  const own = layoutOf([...layout.sizes.slice(0, first), ...layout.sizes.filter((_, i) => isMiddle(i))]);
  return { own, shown, widthMultiple };
}

/** The flat buffer of one value per gate, given vector by vector. Padding is 0. Throws "shape" for a vector of another size. */
export function flatten(layout: GateLayout, values: readonly ArrayLike<number>[]): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(layout.length);
  layout.sizes.forEach((size, i) => {
    const vector = values[i];
    invariant(
      vector?.length === size,
      "shape",
      `vector ${i}: expected ${size} values, got ${vector?.length ?? "none"}`,
    );
    flat.set(vector, layout.offsets[i]);
  });
  return flat;
}

/** The vectors of a flat buffer as views, without padding. */
export function unflatten(layout: GateLayout, flat: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer>[] {
  return layout.sizes.map((size, i) => {
    const first = layout.offsets[i] ?? 0;
    return flat.subarray(first, first + size);
  });
}

/** From one number per vector, a row of five per block. */
export function byBlock(values: readonly number[]): number[][] {
  return Array.from({ length: values.length / VECTORS_PER_BLOCK }, (_, block) =>
    values.slice(block * VECTORS_PER_BLOCK, (block + 1) * VECTORS_PER_BLOCK),
  );
}
