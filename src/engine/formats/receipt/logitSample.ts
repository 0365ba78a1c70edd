// A few logits of the pruned model, stored in its receipt, so that other runtimes can check that they compute the same function.
import { invariant } from "../../errors.ts";
import type { JsonField } from "../../json/jsonFields.ts";

/** Positions in a sample, and logits per position. */
const POSITIONS = 16;
const TOP = 4;
/** Significant decimal digits of float32. */
const DIGITS = 7;

/** A short input and, for each of its positions, the largest logits of the engine's forward, largest first. */
export interface LogitSample {
  ids: number[];
  top: { ids: number[]; logits: number[] }[];
}

/**
 * The sample of a forward with `ids` (T) and logits (T, V). It keeps the first positions, which in a causal model do not depend on
 * the later ones. Throws "shape" for logits of another length.
 */
export function sampleLogits(ids: Uint32Array, logits: Float32Array): LogitSample {
  const vocab = logits.length / ids.length;
  invariant(
    Number.isInteger(vocab) && vocab > 0,
    "shape",
    `logits: expected a row for each of ${ids.length} tokens, got ${logits.length} values`,
  );
  const kept = ids.subarray(0, POSITIONS);
  return {
    ids: [...kept],
    top: [...kept.keys()].map((position) => {
      const row = logits.subarray(position * vocab, (position + 1) * vocab);
      const best = largest(row, TOP);
      return { ids: best, logits: best.map((id) => Number((row[id] ?? Number.NaN).toPrecision(DIGITS))) };
    }),
  };
}

/** Largest absolute difference between a sample and the logits (T, V) of a forward whose input begins with the same tokens; and the sample's largest logit. */
export function compareSample(
  sample: LogitSample,
  logits: Float32Array,
  vocab: number,
): { difference: number; largest: number } {
  let [difference, largestLogit] = [0, 0];
  sample.top.forEach(({ ids, logits: expected }, position) => {
    ids.forEach((id, i) => {
      const value = expected[i] ?? Number.NaN;
      const gap = id < vocab ? Math.abs((logits[position * vocab + id] ?? Number.NaN) - value) : Number.NaN;
      difference = Math.max(difference, gap); // NaN stays NaN
      largestLogit = Math.max(largestLogit, Math.abs(value));
    });
  });
  return { difference, largest: largestLogit };
}

/** The field `sample` of a receipt. */
export function readLogitSample(field: JsonField): LogitSample {
  const ids = field
    .get("ids")
    .list()
    .map((id) => id.count());
  const top = field
    .get("top")
    .list(ids.length)
    .map((position) => {
      const best = position
        .get("ids")
        .list()
        .map((id) => id.count());
      return {
        ids: best,
        logits: position
          .get("logits")
          .list(best.length)
          .map((logit) => logit.number()),
      };
    });
  return { ids, top };
}

/** Positions of the `count` largest values, largest first; among equal values the earlier position. */
function largest(row: Float32Array, count: number): number[] {
  const best: number[] = [];
  row.forEach((value, id) => {
    let at = best.length;
    while (at > 0 && value > (row[best[at - 1] ?? 0] ?? 0)) at--;
    if (at < count) best.splice(at, 0, id);
    if (best.length > count) best.pop();
  });
  return best;
}
