// From logits to binary masks at exactly the asked budget: one global threshold, found by bisection, without noise (method.md 1.5).
import { EngineError, invariant } from "../errors.ts";
import { keptWeights, targetWeights, type Budget } from "./budget.ts";
import { LOGIT_OFFSET, VECTORS_PER_BLOCK, type GateLayout, type Masks } from "./gates.ts";

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
 * logits: flat, `layout.length` values with padding (which is ignored); keep: p in (0, 1], the kept share of the block weights.
 * Throws "not-finite" for a logit that is NaN or infinite, "shape" where logits, layout and budget disagree.
 */
export function architectureOf(logits: Float32Array, layout: GateLayout, budget: Budget, keep: number): Architecture {
  const vectors = layout.sizes.length;
  invariant(
    vectors === budget.layers * VECTORS_PER_BLOCK && logits.length === layout.length,
    "shape",
    `expected ${budget.layers * VECTORS_PER_BLOCK} vectors in ${layout.length} logits, got ${vectors} vectors and ${logits.length} logits`,
  );
  const target = targetWeights(budget, keep);
  const ranking = rank(logits, layout);

  // The smallest key whose gates, with the floor of one a vector, fit the budget. Fits at maxKey + 1, where only the floor is left.
  let low = ranking.minKey;
  let high = ranking.maxKey + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (keptWeights(budget, countAtLeast(ranking, layout, middle)) <= target) high = middle;
    else low = middle + 1;
  }
  return assemble(ranking, layout, budget, target, low);
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

/** The bits of a float, read as an integer, order as the float does once negative ones are flipped. */
function rank(logits: Float32Array, layout: GateLayout): Ranking {
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
      if ((pattern & 0x7f800000) === 0x7f800000) throw notFinite(logits[gate] ?? NaN, vector, gate - offset);
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
function assemble(ranking: Ranking, layout: GateLayout, budget: Budget, target: number, key: number): Architecture {
  const { keys, logits, best } = ranking;
  const counts = countAtLeast(ranking, layout, key);
  let kept = keptWeights(budget, counts);
  let full = false;
  let threshold = -Infinity;
  const masks = layout.sizes.map((size, vector) => {
    const offset = layout.offsets[vector] ?? 0;
    const mask = new Uint8Array(size);
    const top = best[vector] ?? offset;
    mask[top - offset] = 1;
    for (let gate = offset; gate < offset + size; gate++) {
      const own = keys[gate] ?? 0;
      if (own >= key) mask[gate - offset] = 1;
      else if (own === key - 1 && gate !== top && !full) {
        const cost = nextGateCost(budget, counts, vector);
        full = kept + cost > target;
        if (!full) {
          mask[gate - offset] = 1;
          counts[vector] = (counts[vector] ?? 0) + 1;
          kept += cost;
        }
      }
      if (mask[gate - offset] === 0) threshold = Math.max(threshold, (logits[gate] ?? 0) + LOGIT_OFFSET);
    }
    return mask;
  });
  return { masks, counts, keptWeights: kept, targetWeights: target, threshold };
}

/** dT/ds of one gate of the vector (method.md 1.4), in weights. */
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
