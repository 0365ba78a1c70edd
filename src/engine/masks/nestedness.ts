// Whether architectures of several ratios contain each other: counting the gates that break this, and making nested ones (METHOD.md 1.7).
import { invariant } from "../errors.ts";
import { type Architecture, architectureOf } from "./architecture.ts";
import { type Budget, countsOf, keptWeights } from "./budget.ts";
import { type GateLayout, type Masks, type Sharing, sharingOf } from "./gates.ts";

/** Gate logits (flat, as in `architectureOf`) made for one ratio. */
export interface LogitsAt {
  ratio: number;
  logits: Float32Array;
}

export interface Nestedness {
  /** Gates that a smaller architecture keeps but the next larger one does not. */
  broken: number;
  /** Gates that the smaller architectures keep. */
  of: number;
}

/** Compares each architecture with the next larger one. masks: in ascending order of ratio. With fewer than two, nothing is broken. */
export function nestednessOf(masks: readonly Masks[]): Nestedness {
  const found = { broken: 0, of: 0 };
  masks.slice(1).forEach((larger, i) => {
    masks[i]?.forEach((smaller, vector) => {
      smaller.forEach((kept, gate) => {
        if (kept === 0) return;
        found.of++;
        if (larger[vector]?.[gate] === 0) found.broken++;
      });
    });
  });
  return found;
}

/** Below every trained logit, so that such gates rank last. */
const NEVER = -3e38;

/**
 * Nested architectures, each within its own budget: the largest is that of `architectureOf`, and each smaller one ranks, by its own
 * logits, the gates that the next larger one keeps. In the order of `made`, which may be any.
 * Throws what `architectureOf` throws, and "shape" if `made` is empty.
 */
export function nestedArchitectures(
  made: readonly LogitsAt[],
  layout: GateLayout,
  budget: Budget,
  sharing: Sharing = sharingOf({ gates: "full" }, layout),
): Architecture[] {
  invariant(made.length > 0, "shape", "gate logits: expected at least one ratio, got none");
  const found = new Map<LogitsAt, Architecture>();
  let larger: Masks | undefined;
  for (const one of [...made].sort((a, b) => b.ratio - a.ratio)) {
    const logits = larger ? within(larger, one.logits, layout) : one.logits;
    const ranked = architectureOf(logits, { layout, budget, ratio: one.ratio, sharing });
    const architecture = larger ? kept(ranked, larger, budget) : ranked;
    found.set(one, architecture);
    larger = architecture.masks;
  }
  return made.flatMap((one) => found.get(one) ?? []);
}

/** The logits, with the gates that the masks prune below all others. */
function within(masks: Masks, logits: Float32Array, { offsets }: GateLayout): Float32Array {
  const inside = logits.slice();
  masks.forEach((mask, vector) => {
    mask.forEach((kept, gate) => {
      if (kept === 0) inside[(offsets[vector] ?? 0) + gate] = NEVER;
    });
  });
  return inside;
}

/** Drops gates that `larger` does not keep: if the budget has room for all of its gates, the ranking continues with others. */
function kept(ranked: Architecture, larger: Masks, budget: Budget): Architecture {
  const masks = ranked.masks.map((mask, vector) => mask.map((bit, gate) => bit & (larger[vector]?.[gate] ?? 0)));
  const counts = countsOf(masks);
  return { ...ranked, masks, counts, keptWeights: keptWeights(budget, counts) };
}

/** For each vector, the positions of the kept gates of `smaller` among those of `larger`. Throws "shape" for a gate that `larger` prunes. */
export function listsInside(larger: Masks, smaller: Masks): Uint32Array<ArrayBuffer>[] {
  return larger.map((mask, vector) => {
    const places: number[] = [];
    let place = 0;
    mask.forEach((kept, gate) => {
      const inSmaller = smaller[vector]?.[gate] === 1;
      invariant(
        kept === 1 || !inSmaller,
        "shape",
        `gate ${gate} of vector ${vector}: expected to be kept in the larger architecture too, got pruned`,
      );
      if (inSmaller) places.push(place);
      if (kept === 1) place++;
    });
    return Uint32Array.from(places);
  });
}
