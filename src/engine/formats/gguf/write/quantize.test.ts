// The quantiser compared bit for bit with the Python package gguf, and with our own reader for any values.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEQUANTIZE } from "../dequantize.ts";
import fixture from "../fixtures/quantized.json";
import { bytesOfValues, fillsBlocks, GGUF_TYPES, type GgufType, quantize } from "./quantize.ts";

const fromBase64 = (text: string) => Uint8Array.from(Buffer.from(text, "base64"));
const values = new Float32Array(fromBase64(fixture.values).buffer);

function dequantized(type: GgufType, bytes: Uint8Array, count: number): Float32Array {
  const out = new Float32Array(count);
  const perBlock = type === "Q8_0" || type === "Q4_0" ? 32 : 1;
  DEQUANTIZE[type]({ bytes, at: 0, blocks: count / perBlock, out, to: 0 });
  return out;
}

describe.each([...GGUF_TYPES])("%s", (type) => {
  it("has the bytes of the Python package", () => {
    expect(Buffer.from(quantize(type, values, "t")).equals(fromBase64(fixture[type]))).toBe(true);
    expect(bytesOfValues(type, values.length)).toBe(fromBase64(fixture[type]).length);
  });

  it("reads back within a step of every value, and zeros as zeros", () => {
    const number = fc.float({ min: -4, max: 4, noNaN: true });
    const block = fc.array(fc.oneof(number, fc.constant(0)), { minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(block, (list) => {
        const row = Float32Array.from(list);
        const back = dequantized(type, quantize(type, row, "t"), row.length);
        for (const first of [0, 32]) {
          const most = Math.max(...row.subarray(first, first + 32).map(Math.abs));
          const step =
            { F32: 0, F16: 2 ** -11, BF16: 2 ** -8, Q8_0: 0.6 / 127, Q4_0: 1.01 / 8 }[type] * most + 2 ** -17; // scales are halves
          for (let i = first; i < first + 32; i++) {
            expect(Math.abs(back[i]! - row[i]!)).toBeLessThanOrEqual(type === "F32" ? 0 : step);
            if (row[i] === 0) expect(Math.abs(back[i]!)).toBe(0);
          }
        }
      }),
    );
  });
});

it("quantises what it dequantised to the same values again", () => {
  for (const type of ["Q8_0", "F16", "BF16"] as const) {
    const once = dequantized(type, quantize(type, values, "t"), values.length);
    const again = dequantized(type, quantize(type, once, "t"), values.length);
    again.forEach((value, i) => expect(Math.abs(value - once[i]!)).toBeLessThanOrEqual(Math.abs(once[i]!) * 2 ** -9));
  }
});

it("refuses values that a type cannot store, by the tensor's name", () => {
  const large = new Float32Array(32).fill(1e9);
  expect(() => quantize("F16", large, "blk.0.ffn_up.weight")).toThrow(
    /blk\.0\.ffn_up\.weight: expected values that fit F16/,
  );
  expect(() => quantize("Q8_0", large, "w")).toThrow(/w: expected values that fit Q8_0, got/);
  expect(() => quantize("BF16", new Float32Array(32).fill(Number.NaN), "w")).toThrow(/got NaN/);
  expect(quantize("F32", large, "w")).toHaveLength(128);
});

it("knows which rows fill whole blocks", () => {
  expect([fillsBlocks("Q8_0", 64), fillsBlocks("Q8_0", 33), fillsBlocks("F16", 33)]).toEqual([true, false, true]);
});
