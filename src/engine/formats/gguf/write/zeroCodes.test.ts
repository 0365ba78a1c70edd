// Zeroing single values of every type that can store zeros, compared with the values before.
import { describe, expect, it } from "vitest";
import { DEQUANTIZE } from "../dequantize.ts";
import fixtures from "../fixtures/blocks.json";
import { blockTypeNamed, QUANT_TYPES } from "../types.ts";
import { ZERO_CODES } from "./zeroCodes.ts";

const pruned = (column: number): boolean => (column * 7) % 5 < 2;

describe.each(QUANT_TYPES.filter((type) => ZERO_CODES[type]))("%s", (type) => {
  it("becomes zero where it is pruned and stays bit for bit elsewhere", () => {
    const bytes = Uint8Array.from(Buffer.from(fixtures[type].bytes, "base64"));
    const { values, bytes: size } = blockTypeNamed(type);
    const blocks = Math.floor(bytes.length / size);
    const columns = blocks * values;
    const read = (from: Uint8Array): Float32Array => {
      const out = new Float32Array(columns);
      DEQUANTIZE[type]({ bytes: from, at: 0, blocks, out, to: 0 });
      return out;
    };
    const before = read(bytes);
    const edited = Uint8Array.of(255, ...bytes);
    ZERO_CODES[type]?.({ bytes: edited, at: 1, columns }, pruned);
    expect(edited[0]).toBe(255);
    const after = read(edited.subarray(1));
    expect(before.some((value, i) => value !== 0 && pruned(i))).toBe(true);
    const finite = (value: number): number => (Number.isFinite(value) ? value : 0);
    after.forEach((value, i) => expect(finite(value)).toBe(pruned(i) ? finite(value) * 0 : finite(before[i]!)));
  });
});

it("lacks the types with a minimum per block", () => {
  expect(QUANT_TYPES.filter((type) => !ZERO_CODES[type])).toEqual(["Q4_1", "Q5_1", "Q4_K", "Q5_K"]);
});
