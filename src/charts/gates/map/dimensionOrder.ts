// The order of the gate map's columns: by index, by kept rate, or by gate logit.

export const DIMENSION_ORDERS = ["index", "kept", "logit"] as const;
export type DimensionOrder = (typeof DIMENSION_ORDERS)[number];

/** Columns of the map: the dimension at each position, and the position of each dimension. Null: position and dimension are equal. */
export interface Columns {
  order: DimensionOrder;
  dimensionAt: Uint32Array | null;
  positionOf: Uint32Array | null;
}

export const BY_INDEX: Columns = { order: "index", dimensionAt: null, positionOf: null };

/** Columns with the largest `values` first; equal ones stay in the order of their indices. */
export function columnsBy(order: Exclude<DimensionOrder, "index">, values: ArrayLike<number>): Columns {
  const dimensionAt = Uint32Array.from({ length: values.length }, (_, j) => j);
  dimensionAt.sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
  const positionOf = new Uint32Array(values.length);
  dimensionAt.forEach((dimension, position) => (positionOf[dimension] = position));
  return { order, dimensionAt, positionOf };
}

/** Mean of each dimension over the vectors that have gate logits; null where none has. */
export function meanLogits(logits: readonly (Float32Array | null)[], dimensions: number): Float64Array | null {
  const known = logits.filter((vector) => vector !== null);
  if (known.length === 0) return null;
  const means = new Float64Array(dimensions);
  for (const vector of known) for (let j = 0; j < dimensions; j += 1) means[j] = (means[j] ?? 0) + (vector[j] ?? 0);
  return means.map((sum) => sum / known.length);
}

export const dimensionAt = ({ dimensionAt: at }: Columns, position: number): number =>
  at && position >= 0 ? (at[position] ?? -1) : position;
export const positionOf = ({ positionOf: of }: Columns, dimension: number): number =>
  of && dimension >= 0 ? (of[dimension] ?? -1) : dimension;
