// From logits to binary masks at exactly the asked budget: one global threshold, found by bisection, without noise (METHOD.md 1.5).
import { EngineError, invariant } from "../errors.ts";
import { keptWeights, targetWeights, type Budget } from "./budget.ts";
import { LOGIT_OFFSET, VECTORS_PER_BLOCK, type GateLayout, type Masks, type Sharing, sharingOf } from "./gates.ts";

/** Which gates stay, and how well that meets the budget. Weights are counts of block weights. */
export interface Architecture {
  masks: Masks;
  /** |s| of each of the 5L vectors. */
  counts: readonly number[];
  /** T(s) of the masks. Above `targetWeights` only where even one gate a vector is more than was asked. */
  keptWeights: number;
  /** floor(p T_total). */
  targetWeights: number;
  /** t: the largest x + 3 among the pruned gates; -Infinity where nothing is pruned. */
  threshold: number;
}

/**
 * Keeps the largest prefix of the gates, ranked by logit, with T <= p T_total; a vector left empty keeps its largest logit.
 * Equal logits rank by position (the earlier gate is kept first), so the result is one for any input and, as p grows, every
 * architecture contains the one before. Falls short of the budget by less than the cost of the next gate.
 *
 * Vectors that are one (`sharing`) rank once, and keep or lose a gate in all their places at the price of all of them.
 *
 * logits: flat, `layout.length` values with padding (which is ignored); keep: p in (0, 1], the kept share of the block weights.
 * Throws "not-finite" for a logit that is NaN or infinite, "shape" where logits, layout and budget disagree.
 */
export function architectureOf(
  logits: Float32Array,
  layout: GateLayout,
  budget: Budget,
  ratio: number,
  sharing = sharingOf("full", layout),
): Architecture {
  const vectors = layout.sizes.length;
  invariant(
    vectors === budget.layers * VECTORS_PER_BLOCK && logits.length === layout.length,
    "shape",
    `expected ${budget.layers * VECTORS_PER_BLOCK} vectors in ${layout.length} logits, got ${vectors} vectors and ${logits.length} logits`,
  );
  const target = targetWeights(budget, ratio);
  const ranking = rank(ownLogits(logits, layout, sharing), sharing);

  // The smallest key whose gates, with the floor of one a vector, fit the budget. Fits at maxKey + 1, where only the floor is left.
  let low = ranking.minKey;
  let high = ranking.maxKey + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (keptWeights(budget, inAllPlaces(sharing, countAtLeast(ranking, sharing.own, middle))) <= target) high = middle;
    else low = middle + 1;
  }
  return assemble(ranking, sharing, budget, target, low);
}

interface Ranking {
  logits: Float32Array;
  /** Per gate an integer that orders as the logits do. */
  keys: Uint32Array;
  minKey: number;
  maxKey: number;
  /** The flat position of the largest logit of each vector, the first one of equals. */
  best: number[];
}

/** One number for each vector of its own, as one for each of the 5L vectors. */
const inAllPlaces = ({ shown }: Sharing, own: readonly number[]): number[] => shown.map((vector) => own[vector] ?? 0);

/** The logits without copies: of vectors that are one, those of the first. */
function ownLogits(logits: Float32Array, { offsets }: GateLayout, { own, shown }: Sharing): Float32Array {
  if (own.sizes.length === shown.length) return logits;
  const values = new Float32Array(own.length);
  own.sizes.forEach((size, vector) => {
    const first = offsets[shown.indexOf(vector)] ?? 0;
    values.set(logits.subarray(first, first + size), own.offsets[vector]);
  });
  return values;
}

/** The bits of a float, read as an integer, order as the float does once negative ones are flipped. */
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

function countAtLeast({ keys }: Ranking, layout: GateLayout, key: number): number[] {
  return layout.sizes.map((size, vector) => {
    const offset = layout.offsets[vector] ?? 0;
    let count = 0;
    for (let gate = offset; gate < offset + size; gate++) if ((keys[gate] ?? 0) >= key) count++;
    return Math.max(count, 1);
  });
}

/** Gates at `key` or above, one a vector at least; then, gate by gate, the equals just below `key` while they fit. */
function assemble(ranking: Ranking, sharing: Sharing, budget: Budget, target: number, key: number): Architecture {
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
        // One after the other: the price of a gate depends on what its block keeps. Handed back in full where the sum is too much.
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

/** dT/ds of one gate of the vector (METHOD.md 1.4), in weights. */
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
    `expected finite logits, got ${value} at gate ${gate} of ${name}; go back to the last checkpoint`,
    { vector, gate },
  );
}
