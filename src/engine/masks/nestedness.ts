// How architectures of several ratios lie inside each other: the gates that break it, and architectures that do not (ours; METHOD.md 1.7).
import { invariant } from "../errors.ts";
import { type Architecture, architectureOf } from "./architecture.ts";
import { type Budget, countsOf, keptWeights } from "./budget.ts";
import { type GateLayout, type Masks, type Sharing, sharingOf } from "./gates.ts";

/** Logits (flat, as in `architectureOf`) made for one kept share. */
export interface LogitsAt {
  ratio: number;
  logits: Float32Array;
}

/** Gates that a smaller architecture keeps and the next larger one does not, of those that the smaller ones keep. */
export interface Nestedness {
  broken: number;
  of: number;
}

/** masks: of ascending kept shares, each a pair with the next. Nothing is broken where there are fewer than two. */
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

/** Below every logit that is trained: such gates rank last. */
const NEVER = -3e38;

/**
 * Architectures of which each contains the smaller ones, every one at its own budget: the largest is the one of `architectureOf`, and
 * each smaller one ranks by its own logits what the next larger one keeps. In the order of `made`, which may be any.
 * Throws what `architectureOf` throws, and "shape" without logits.
 */
export function nestedArchitectures(
  made: readonly LogitsAt[],
  layout: GateLayout,
  budget: Budget,
  sharing: Sharing = sharingOf("full", layout),
): Architecture[] {
  invariant(made.length > 0, "shape", "expected logits for one ratio at least, got none");
  const found = new Map<LogitsAt, Architecture>();
  let larger: Masks | undefined;
  for (const one of [...made].sort((a, b) => b.ratio - a.ratio)) {
    const logits = larger ? within(larger, one.logits, layout) : one.logits;
    const ranked = architectureOf(logits, layout, budget, one.ratio, sharing);
    const architecture = larger ? kept(ranked, larger, budget) : ranked;
    found.set(one, architecture);
    larger = architecture.masks;
  }
  return made.flatMap((one) => found.get(one) ?? []);
}

/** The logits, but gates that the masks prune rank below all others. */
function within(masks: Masks, logits: Float32Array, { offsets }: GateLayout): Float32Array {
  const inside = logits.slice();
  masks.forEach((mask, vector) => {
    mask.forEach((kept, gate) => {
      if (kept === 0) inside[(offsets[vector] ?? 0) + gate] = NEVER;
    });
  });
  return inside;
}

/** Without gates from outside: where the budget has room for all gates inside, the ranking goes on with others. */
function kept(ranked: Architecture, larger: Masks, budget: Budget): Architecture {
  const masks = ranked.masks.map((mask, vector) => mask.map((bit, gate) => bit & (larger[vector]?.[gate] ?? 0)));
  const counts = countsOf(masks);
  return { ...ranked, masks, counts, keptWeights: keptWeights(budget, counts) };
}

/** For each vector, where the kept gates of `smaller` lie among those of `larger`. Throws "shape" for one that lies outside. */
export function listsInside(larger: Masks, smaller: Masks): Uint32Array<ArrayBuffer>[] {
  return larger.map((mask, vector) => {
    const places: number[] = [];
    let place = 0;
    mask.forEach((kept, gate) => {
      const wanted = smaller[vector]?.[gate] === 1;
      invariant(
        kept === 1 || !wanted,
        "shape",
        `gate ${gate} of vector ${vector} is kept, but not in the larger architecture`,
      );
      if (wanted) places.push(place);
      if (kept === 1) place++;
    });
    return Uint32Array.from(places);
  });
}
