// From gate logits to binary masks that meet a budget exactly: one global threshold, found by bisection, without noise (METHOD.md 1.5).
import { VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import { EngineError, invariant } from "../errors.ts";
import { keptWeights, targetWeights, type Budget } from "./budget.ts";
import { LOGIT_OFFSET, type GateLayout, type Masks, type Sharing, sharingOf } from "./gates.ts";

/** Which gates are kept, and how that compares with the budget. Weights are counts of block weights. */
export interface Architecture {
  masks: Masks;
  /** |s|: kept gates of each of the 5L vectors. */
  counts: readonly number[];
  /** T(s) of the masks. Above `targetWeights` only if one gate per vector is already more than that. */
  keptWeights: number;
  /** floor(p T_total). */
  targetWeights: number;
  /** t: the largest logit + 3 among the pruned gates; -Infinity if nothing is pruned. */
  threshold: number;
}

interface ArchitectureOptions {
  readonly layout: GateLayout;
  readonly budget: Budget;
  /** p in (0, 1]: the kept share of the block weights. */
  readonly ratio: number;
  /** Default: no vectors are shared. */
  readonly sharing?: Sharing;
}

/**
 * Ranks the gates by logit and keeps the largest prefix with T <= p T_total. A vector that would be empty keeps the gate with its largest
 * logit. Equal logits rank by position, the earlier gate first, so the result is unique, and the architecture of a larger p contains that
 * of a smaller one. T falls short of the budget by less than the cost of the next gate.
 *
 * Shared vectors (`sharing`) are ranked once. They keep or lose a gate in all their places, at the cost of all of them.
 *
 * logits: flat gate logits, `layout.length` values; padding is ignored.
 * Throws "not-finite" for a logit that is NaN or infinite, "shape" if logits, layout and budget disagree.
 */
export function architectureOf(
  logits: Float32Array,
  { layout, budget, ratio, sharing = sharingOf("full", layout) }: ArchitectureOptions,
): Architecture {
  const vectors = layout.sizes.length;
  invariant(
    vectors === budget.layers * VECTORS_PER_BLOCK && logits.length === layout.length,
    "shape",
    `gate logits: expected ${budget.layers * VECTORS_PER_BLOCK} vectors in ${layout.length} logits, got ${vectors} vectors and ${logits.length} logits`,
  );
  const target = targetWeights(budget, ratio);
  const ranking = rank(ownLogits(logits, layout, sharing), sharing);

  // The smallest key whose gates fit the budget, with at least one gate per vector. At maxKey + 1 only those single gates are left.
  let low = ranking.minKey;
  let high = ranking.maxKey + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (keptWeights(budget, inAllPlaces(sharing, countAtLeast(ranking, sharing.own, middle))) <= target) high = middle;
    else low = middle + 1;
  }
  return assemble(ranking, { sharing, budget, target, key: low });
}

/** The logits of the distinct vectors, ranked. */
interface Ranking {
  logits: Float32Array;
  /** One integer per gate that orders as the logits do. */
  keys: Uint32Array;
  minKey: number;
  maxKey: number;
  /** Flat position of the largest logit of each vector; the first of equal ones. */
  best: number[];
}

/** From one number per distinct vector, one number for each of the 5L vectors. */
const inAllPlaces = ({ shown }: Sharing, own: readonly number[]): number[] => shown.map((vector) => own[vector] ?? 0);

/** The logits of the distinct vectors: of shared ones, those in the first place. */
function ownLogits(logits: Float32Array, { offsets }: GateLayout, { own, shown }: Sharing): Float32Array {
  if (own.sizes.length === shown.length) return logits;
  const values = new Float32Array(own.length);
  own.sizes.forEach((size, vector) => {
    const first = offsets[shown.indexOf(vector)] ?? 0;
    values.set(logits.subarray(first, first + size), own.offsets[vector]);
  });
  return values;
}

/** Keys are the bits of the logits: read as integers, they order as the floats do once those of negative floats are inverted. */
function rank(logits: Float32Array, { own: layout, shown }: Sharing): Ranking {
  const bits = new Uint32Array(logits.buffer, logits.byteOffset, logits.length);
  const keys = new Uint32Array(logits.length);
  const best: number[] = [];
  let minKey = 0xffffffff;
  let maxKey = 0;
  layout.sizes.forEach((size, vector) => {
    const offset = layout.offsets[vector] ?? 0;
    let bestGate = offset;
    for (let gate = offset; gate < offset + size; gate++) {
      let pattern = bits[gate] ?? 0;
      if ((pattern & 0x7f800000) === 0x7f800000) {
        throw notFinite(logits[gate] ?? NaN, shown.indexOf(vector), gate - offset);
      }
      if (pattern === 0x80000000) pattern = 0; // -0 equals 0
      const key = (pattern & 0x80000000 ? ~pattern : pattern | 0x80000000) >>> 0;
      keys[gate] = key;
      if (key < minKey) minKey = key;
      if (key > maxKey) maxKey = key;
      if (key > (keys[bestGate] ?? 0)) bestGate = gate;
    }
    best.push(bestGate);
  });
  return { logits, keys, minKey, maxKey, best };
}

/** Gates of each vector with a key of `key` or more, but at least 1. */
function countAtLeast({ keys }: Ranking, layout: GateLayout, key: number): number[] {
  return layout.sizes.map((size, vector) => {
    const offset = layout.offsets[vector] ?? 0;
    let count = 0;
    for (let gate = offset; gate < offset + size; gate++) if ((keys[gate] ?? 0) >= key) count++;
    return Math.max(count, 1);
  });
}

interface Cut {
  sharing: Sharing;
  budget: Budget;
  /** Most block weights that may be kept. */
  target: number;
  /** All gates of this key or more fit. */
  key: number;
}

/** Keeps the gates of `key` or more, at least one per vector, then gates of the next smaller key, one by one, while they fit. */
function assemble(ranking: Ranking, { sharing, budget, target, key }: Cut): Architecture {
  const { keys, logits, best } = ranking;
  const { own: layout, shown } = sharing;
  const counts = inAllPlaces(sharing, countAtLeast(ranking, layout, key));
  const places: number[][] = layout.sizes.map(() => []);
  shown.forEach((vector, place) => places[vector]?.push(place));
  let kept = keptWeights(budget, counts);
  let full = false;
  let threshold = -Infinity;
  const ownMasks = layout.sizes.map((size, vector) => {
    const offset = layout.offsets[vector] ?? 0;
    const mask = new Uint8Array(size);
    const top = best[vector] ?? offset;
    mask[top - offset] = 1;
    for (let gate = offset; gate < offset + size; gate++) {
      const rankOf = keys[gate] ?? 0;
      if (rankOf >= key) mask[gate - offset] = 1;
      else if (rankOf === key - 1 && gate !== top && !full) {
        // One place after the other, because the cost of a gate depends on what its block keeps. Undone if the sum is too large.
        let cost = 0;
        for (const place of places[vector] ?? []) {
          cost += nextGateCost(budget, counts, place);
          counts[place] = (counts[place] ?? 0) + 1;
        }
        full = kept + cost > target;
        if (full) for (const place of places[vector] ?? []) counts[place] = (counts[place] ?? 0) - 1;
        else {
          mask[gate - offset] = 1;
          kept += cost;
        }
      }
      if (mask[gate - offset] === 0) threshold = Math.max(threshold, (logits[gate] ?? 0) + LOGIT_OFFSET);
    }
    return mask;
  });
  const masks = shown.map((vector) => ownMasks[vector]?.slice() ?? new Uint8Array());
  return { masks, counts, keptWeights: kept, targetWeights: target, threshold };
}

/** dT/ds: the weights that one more gate of a vector costs (METHOD.md 1.4). counts: kept gates of the 5L vectors. */
export function nextGateCost(budget: Budget, counts: readonly number[], vector: number): number {
  const first = vector - (vector % VECTORS_PER_BLOCK);
  const count = (k: number): number => counts[first + k] ?? 0;
  switch (vector % VECTORS_PER_BLOCK) {
    case 0:
      return budget.s1Cost;
    case 1:
      return budget.s2Cost;
    case 2:
      return budget.ups * count(3);
    case 3:
      return budget.ups * count(2) + count(4);
    default:
      return count(3);
  }
}

function notFinite(value: number, vector: number, gate: number): EngineError {
  const name = `s${(vector % VECTORS_PER_BLOCK) + 1} of block ${Math.floor(vector / VECTORS_PER_BLOCK)}`;
  return new EngineError(
    "not-finite",
    `gate logits: expected finite numbers, got ${value} at gate ${gate} of ${name}; resume from the last checkpoint`,
    { vector, gate },
  );
}
