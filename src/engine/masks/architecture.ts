// From gate logits to binary masks that meet a budget exactly: one global threshold, found by bisection, without noise (METHOD.md 1.5).
import { VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import { invariant } from "../errors.ts";
import { keptWeights, targetWeights, type Budget } from "./budget.ts";
import { LOGIT_OFFSET, type GateLayout, type Masks, type Sharing, sharingOf } from "./gates.ts";
import { countAtLeast, firstOfUnit, gatesInUnit, keyOfUnit, ownLogits, type Ranking, rankGates } from "./ranking.ts";

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
 * Shared vectors (`sharing`) are ranked once. They keep or lose a gate in all their places, at the cost of all of them. Vectors that are not
 * pruned keep all gates.
 *
 * With `sharing.widthMultiple` m above 1, s4 keeps its gates in groups of m by rank, and a group ranks as its middle gate, so a threshold's
 * width is rounded to the nearest multiple of m. A full width that is not a multiple ends with a smaller group. At least one group stays.
 * T then falls short of the budget by less than the cost of the next group.
 *
 *
 * logits: flat gate logits, `layout.length` values; padding is ignored.
 * Throws "not-finite" for a logit that is NaN or infinite, "shape" if logits, layout and budget disagree.
 */
export function architectureOf(
  logits: Float32Array,
  { layout, budget, ratio, sharing = sharingOf({ gates: "full" }, layout) }: ArchitectureOptions,
): Architecture {
  const vectors = layout.sizes.length;
  invariant(
    vectors === budget.layers * VECTORS_PER_BLOCK && logits.length === layout.length,
    "shape",
    `gate logits: expected ${budget.layers * VECTORS_PER_BLOCK} vectors in ${layout.length} logits, got ${vectors} vectors and ${logits.length} logits`,
  );
  const target = targetWeights(budget, ratio);
  const ranking = rankGates(ownLogits(logits, layout, sharing), sharing);
  /** |s| of the 5L vectors, from one number per distinct vector. */
  const inAllPlaces = (own: readonly number[]): number[] =>
    sharing.shown.map((vector, place) => own[vector] ?? layout.sizes[place] ?? 0);

  // The smallest key whose gates fit the budget, with at least one unit per vector. At maxKey + 1 only those single units are left.
  let low = ranking.minKey;
  let high = ranking.maxKey + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (keptWeights(budget, inAllPlaces(countAtLeast(ranking, middle))) <= target) high = middle;
    else low = middle + 1;
  }
  const counts = inAllPlaces(countAtLeast(ranking, low));
  const { ownMasks, ...found } = assemble(ranking, { sharing, budget, target, key: low, counts });
  const all = (place: number): Uint8Array => new Uint8Array(layout.sizes[place] ?? 0).fill(1);
  return { masks: sharing.shown.map((vector, place) => ownMasks[vector]?.slice() ?? all(place)), ...found };
}

interface Cut {
  sharing: Sharing;
  budget: Budget;
  /** Most block weights that may be kept. */
  target: number;
  /** All gates of this key or more fit. */
  key: number;
  /** |s| of the 5L vectors with these gates. */
  counts: number[];
}

/** Keeps the units of `key` or more, at least one per vector, then units of the next smaller key, one by one, while they fit. */
function assemble(
  ranking: Ranking,
  { sharing, budget, target, key, counts }: Cut,
): Omit<Architecture, "masks"> & {
  /** Of the distinct vectors. */
  ownMasks: Masks;
} {
  const { logits, vectors } = ranking;
  const places: number[][] = vectors.map(() => []);
  sharing.shown.forEach((vector, place) => places[vector]?.push(place));
  let kept = keptWeights(budget, counts);
  let full = false;
  let threshold = -Infinity;
  /** Counts `gates` more of a vector if they fit. */
  const take = (vector: number, gates: number): boolean => {
    // One place after the other, because the cost of a gate depends on what its block keeps. Undone if the sum is too large.
    let cost = 0;
    for (const place of places[vector] ?? []) {
      cost += gates * nextGateCost(budget, counts, place);
      counts[place] = (counts[place] ?? 0) + gates;
    }
    full = kept + cost > target;
    if (full) for (const place of places[vector] ?? []) counts[place] = (counts[place] ?? 0) - gates;
    else kept += cost;
    return !full;
  };
  const ownMasks = vectors.map((vector, i) => {
    const mask = new Uint8Array(vector.size);
    for (let unit = 0; unit < vector.units; unit++) {
      const rankOf = keyOfUnit(ranking, i, unit);
      const stays =
        rankOf >= key || unit === vector.best || (rankOf === key - 1 && !full && take(i, gatesInUnit(vector, unit)));
      const end = firstOfUnit(vector, unit + 1);
      for (let rank = firstOfUnit(vector, unit); rank < end; rank++) {
        const gate = vector.order?.[rank] ?? rank;
        if (stays) mask[gate] = 1;
        else threshold = Math.max(threshold, (logits[vector.offset + gate] ?? 0) + LOGIT_OFFSET);
      }
    }
    return mask;
  });
  return { ownMasks, counts, keptWeights: kept, targetWeights: target, threshold };
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
