// Blocks of every type compared bit for bit with the values of the Python package gguf; and properties for any bytes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromFloat32 } from "../../dtype.ts";
import { DEQUANTIZE } from "./dequantize.ts";
import fixtures from "./fixtures/blocks.json";
import { blockType, QUANT_TYPES, type QuantType } from "./types.ts";

const NUMBERS = Array.from({ length: 40 }, (_, n) => blockType(n)).filter((type) => type !== undefined);
const sizeOf = (name: QuantType) => NUMBERS.find((type) => type.name === name)!;
const fromBase64 = (text: string) => Uint8Array.from(Buffer.from(text, "base64"));

/** All blocks of `bytes`. */
function dequantized(name: QuantType, bytes: Uint8Array): Float32Array {
  const { values, bytes: size } = sizeOf(name);
  const blocks = bytes.length / size;
  const out = new Float32Array(blocks * values);
  DEQUANTIZE[name]({ bytes, at: 0, blocks, out, to: 0 });
  return out;
}

describe.each([...QUANT_TYPES])("%s", (name) => {
  const bytes = fromBase64(fixtures[name].bytes);
  const expected = new Float32Array(fromBase64(fixtures[name].values).buffer);
  const { values, bytes: size } = sizeOf(name);

  it("gives the values of the Python package", () => {
    expect(expected.length).toBe((bytes.length / size) * values);
    expect(expected.some((value) => value !== 0)).toBe(true);
    expect(dequantized(name, bytes)).toEqual(expected);
  });

  it("reads from any position to any position, and changes nothing else", () => {
    const shifted = new Uint8Array(bytes.length + 3).fill(255);
    shifted.set(bytes, 3);
    const out = new Float32Array(2 * values + 2).fill(7);
    DEQUANTIZE[name]({ bytes: shifted, at: 3 + size, blocks: 2, out, to: 1 });
    expect(out.subarray(1, -1)).toEqual(expected.subarray(values, 3 * values));
    expect([out[0], out.at(-1)]).toEqual([7, 7]);
  });
});

describe("quantised values", () => {
  const scale = fc.float({ min: Math.fround(0.001), max: 2, noNaN: true });
  const bytesOfHalf = (value: number) => [...fromFloat32(Float32Array.of(value), "F16")];
  const nibbles = fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 32, maxLength: 32 });
  const packed = (q: readonly number[]) => q.slice(0, 16).map((low, i) => (low & 15) | ((q[i + 16]! & 15) << 4));
  const halfValue = (value: number) => dequantized("F16", Uint8Array.from(bytesOfHalf(value)))[0]!;

  it("are scale times step plus minimum in Q4_0 and Q4_1", () => {
    fc.assert(
      fc.property(scale, scale, nibbles, (d, m, q) => {
        const signed = dequantized("Q4_0", Uint8Array.from([...bytesOfHalf(d), ...packed(q)]));
        expect([...signed]).toEqual(q.map((step) => Math.fround(halfValue(d) * (step - 8))));
        const lifted = dequantized("Q4_1", Uint8Array.from([...bytesOfHalf(d), ...bytesOfHalf(m), ...packed(q)]));
        expect([...lifted]).toEqual(q.map((step) => Math.fround(halfValue(d) * step + halfValue(m))));
      }),
    );
  });

  it("have the fifth bit in the right place in Q5_0 and Q5_1", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 31 }), { minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(scale, steps, (d, q) => {
        const fifths = [0, 1, 2, 3].map((byte) => {
          return q.slice(8 * byte, 8 * byte + 8).reduce((bits, step, i) => bits | ((step >> 4) << i), 0);
        });
        const signed = dequantized("Q5_0", Uint8Array.from([...bytesOfHalf(d), ...fifths, ...packed(q)]));
        expect([...signed]).toEqual(q.map((step) => Math.fround(halfValue(d) * (step - 16))));
        const lifted = dequantized("Q5_1", Uint8Array.from([...bytesOfHalf(d), 0, 0, ...fifths, ...packed(q)]));
        expect([...lifted]).toEqual(q.map((step) => Math.fround(halfValue(d) * step)));
      }),
    );
  });

  it("are within half a step of the original in Q8_0", () => {
    // A smaller largest value has a subnormal scale, which is rounded by so much that a step may not fit into a byte.
    const smallest = 120 * 2 ** -14;
    const number = fc.float({ min: -8, max: 8, noNaN: true }).map((value) => (Math.abs(value) < smallest ? 0 : value));
    const numbers = fc.array(number, { minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(numbers, (values) => {
        const d = halfValue(Math.max(...values.map(Math.abs)) / 120);
        const q = values.map((value) => (d === 0 ? 0 : Math.round(value / d)));
        const bytes = Uint8Array.from([...bytesOfHalf(d), ...q.map((step) => step & 255)]);
        dequantized("Q8_0", bytes).forEach((value, i) => {
          expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(0.51 * d);
        });
      }),
    );
  });
});
