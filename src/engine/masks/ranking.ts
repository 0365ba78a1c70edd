// The order in which gates leave an architecture: an integer key per gate, and units of gates that stay or leave together (METHOD.md 1.5).
import { S4, VECTOR_NAMES, VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import { EngineError } from "../errors.ts";
import type { GateLayout, Sharing } from "./gates.ts";

/** A vector's gates in units: single gates, or groups of adjacent ranks. */
interface RankedVector {
  /** First flat gate, and number of gates. */
  offset: number;
  size: number;
  /** Gates per unit; the last unit may have fewer. */
  perUnit: number;
  units: number;
  /** In groups: the gates by rank, best first. Single gates are in their own order. */
  order?: Uint32Array;
  /** The unit that stays in any case: the one with the largest logit. */
  best: number;
}

/** The logits of the distinct vectors, ranked. */
export interface Ranking {
  logits: Float32Array;
  /** One integer per gate that orders as the logits do; in groups, that of the group's middle gate. */
  keys: Uint32Array;
  minKey: number;
  maxKey: number;
  vectors: RankedVector[];
}

/** Rank of the first gate of a unit; for `units`, the number of gates. */
export const firstOfUnit = ({ perUnit, size }: RankedVector, unit: number): number => Math.min(unit * perUnit, size);
/** Number of gates in a unit. */
export const gatesInUnit = (vector: RankedVector, unit: number): number =>
  firstOfUnit(vector, unit + 1) - firstOfUnit(vector, unit);

export function keyOfUnit({ keys, vectors }: Ranking, vector: number, unit: number): number {
  const ranked = vectors[vector];
  if (!ranked) return 0;
  const rank = firstOfUnit(ranked, unit);
  return keys[ranked.offset + (ranked.order?.[rank] ?? rank)] ?? 0;
}

/** The logits of the distinct vectors: of shared ones, those in the first place. */
export function ownLogits(logits: Float32Array, { offsets }: GateLayout, { own, shown }: Sharing): Float32Array {
  if (own.sizes.length === shown.length) return logits;
  const values = new Float32Array(own.length);
  own.sizes.forEach((size, vector) => {
    const first = offsets[shown.indexOf(vector)] ?? 0;
    values.set(logits.subarray(first, first + size), own.offsets[vector]);
  });
  return values;
}

/**
 * Ranks the gates of the distinct vectors. Keys are the bits of the logits: read as integers, they order as the floats do once those of
 * negative floats are inverted. Throws "not-finite" for a logit that is NaN or infinite.
 */
export function rankGates(logits: Float32Array, { own, shown, widthMultiple }: Sharing): Ranking {
  const bits = new Uint32Array(logits.buffer, logits.byteOffset, logits.length);
  const keys = new Uint32Array(logits.length);
  const ranking: Ranking = { logits, keys, minKey: 0xffffffff, maxKey: 0, vectors: [] };
  own.sizes.forEach((size, vector) => {
    const offset = own.offsets[vector] ?? 0;
    const place = shown.indexOf(vector);
    let best = 0;
    for (let gate = 0; gate < size; gate++) {
      let pattern = bits[offset + gate] ?? 0;
      if ((pattern & 0x7f800000) === 0x7f800000) throw notFinite(logits[offset + gate] ?? NaN, place, gate);
      if (pattern === 0x80000000) pattern = 0; // -0 equals 0
      const key = (pattern & 0x80000000 ? ~pattern : pattern | 0x80000000) >>> 0;
      keys[offset + gate] = key;
      if (key < ranking.minKey) ranking.minKey = key;
      if (key > ranking.maxKey) ranking.maxKey = key;
      if (key > (keys[offset + best] ?? 0)) best = gate;
    }
    const perUnit = place % VECTORS_PER_BLOCK === S4 ? widthMultiple : 1;
    if (perUnit === 1) ranking.vectors.push({ offset, size, perUnit, units: size, best });
    else ranking.vectors.push(grouped(keys.subarray(offset, offset + size), { offset, perUnit }));
  });
  return ranking;
}

/** A vector in groups of adjacent ranks. Gives all gates of a group the key of its middle gate. keys: of its gates. */
function grouped(keys: Uint32Array, { offset, perUnit }: Pick<RankedVector, "offset" | "perUnit">): RankedVector {
  const size = keys.length;
  const order = Uint32Array.from({ length: size }, (_, gate) => gate);
  order.sort((a, b) => (keys[b] ?? 0) - (keys[a] ?? 0) || a - b);
  const vector = { offset, size, perUnit, units: Math.ceil(size / perUnit), order, best: 0 };
  for (let unit = 0; unit < vector.units; unit++) {
    const first = firstOfUnit(vector, unit);
    const gates = order.subarray(first, first + gatesInUnit(vector, unit));
    const key = keys[gates[Math.ceil(gates.length / 2) - 1] ?? 0] ?? 0;
    for (const gate of gates) keys[gate] = key;
  }
  return vector;
}

/** Gates of each distinct vector with a key of `key` or more, but at least one unit. */
export function countAtLeast({ keys, vectors }: Ranking, key: number): number[] {
  return vectors.map((vector) => {
    const { offset, size, best } = vector;
    let count = 0;
    for (let gate = offset; gate < offset + size; gate++) if ((keys[gate] ?? 0) >= key) count++;
    return Math.max(count, gatesInUnit(vector, best));
  });
}

function notFinite(value: number, vector: number, gate: number): EngineError {
  const name = `${VECTOR_NAMES[vector % VECTORS_PER_BLOCK] ?? "?"} of block ${Math.floor(vector / VECTORS_PER_BLOCK)}`;
  return new EngineError(
    "not-finite",
    `gate logits: expected finite numbers, got ${value} at gate ${gate} of ${name}; resume from the last checkpoint`,
    { vector, gate },
  );
}
