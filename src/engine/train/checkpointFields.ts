// Checks what every checkpoint has: the number of steps done, and AdamW's parameters and moments.
import { readError } from "../formats/files/readError.ts";
import type { JsonField } from "../json/jsonFields.ts";

/** Steps done, written as decimal digits or as a number: a whole number from 0 to `most`. Throws "format". */
export function readStep(field: JsonField, most: number): number {
  const { value } = field;
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) && number >= 0 && number <= most
    ? number
    : field.refuse(`a whole number from 0 to ${most}, the steps of the recipe`);
}

interface Trained {
  theta: Float32Array<ArrayBuffer>;
  m: Float32Array<ArrayBuffer>;
  /** Mean squares, so at least 0. */
  v: Float32Array<ArrayBuffer>;
  /** The best parameters so far. */
  best?: Float32Array<ArrayBuffer>;
}

/** Throws "format" unless all arrays have the same length and finite values, and `v` no negative ones. */
export function checkTrained({ v, ...rest }: Trained, advice: string): void {
  const refuse = (field: string, expected: string, got: string) =>
    readError({ file: "checkpoint", field, expected, got, advice });
  const all = Object.entries({ ...rest, v });
  for (const [name, values] of all) {
    if (values.length !== rest.theta.length)
      throw refuse(name, `${rest.theta.length} values, as of theta`, String(values.length));
    const at = values.findIndex((value) => !Number.isFinite(value) || (name === "v" && value < 0));
    if (at < 0) continue;
    const expected = name === "v" ? "finite values of at least 0" : "finite values";
    throw refuse(name, expected, `${values[at]} at position ${at}`);
  }
}
