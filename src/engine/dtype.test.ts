// Conversions between dtypes: every half and bfloat16, rounding compared with exact arithmetic, and unaligned bytes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DTYPES,
  dtypeBytes,
  elementCount,
  fromFloat32,
  isDtype,
  isFloatDtype,
  packedHalves,
  toFloat32,
} from "./dtype.ts";

const all16 = Uint16Array.from({ length: 65536 }, (_, i) => i);
const bytesOf = (view: ArrayBufferView<ArrayBuffer>) => new Uint8Array(view.buffer);

/** The value of a half, from the definition. */
function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 1023;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}

/** The nearest of all finite values of a 16-bit format, ties to the even bit pattern, by exhaustive neighbours (values ascend with bits). */
function nearest(value: number, valueOf: (bits: number) => number, infinity: number): number {
  let low = 0;
  let high = infinity;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (valueOf(middle) <= Math.abs(value)) low = middle;
    else high = middle;
  }
  const step = valueOf(low) - valueOf(low - 1);
  const above = high === infinity ? valueOf(low) + step : valueOf(high);
  const down = Math.abs(value) - valueOf(low);
  const up = above - Math.abs(value);
  return up < down || (up === down && (low & 1) === 1) ? high : low;
}

describe("16-bit floats", () => {
  it("converts every half exactly, and back to the same bits", () => {
    const values = toFloat32(bytesOf(all16), "F16");
    expect(all16.filter((half) => !Object.is(values[half], halfValue(half)))).toEqual(new Uint16Array(0));
    expect(new Uint16Array(fromFloat32(values, "F16").buffer)).toEqual(all16);
  });

  it("converts every bfloat16 back to the same bits", () => {
    const values = toFloat32(bytesOf(all16), "BF16");
    expect(values[0x3f80]).toBe(1);
    expect(values[0xc040]).toBe(-3);
    expect(new Uint16Array(fromFloat32(values, "BF16").buffer)).toEqual(all16);
  });

  it("rounds to nearest, ties to even, over the full range", () => {
    const bfloatValue = (bits: number) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
    const float = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.float({ noNaN: true, min: -70000, max: 70000 }),
      fc.float({ noNaN: true, min: Math.fround(-1e-4), max: Math.fround(1e-4) }),
      // exact midpoints between neighbouring halves, and one float32 step to either side
      fc.tuple(fc.integer({ min: 0, max: 0x7bfe }), fc.integer({ min: -1, max: 1 })).map(([half, offset]) => {
        const bits = new Int32Array(Float32Array.of((halfValue(half) + halfValue(half + 1)) / 2).buffer);
        return new Float32Array(Int32Array.of(bits[0]! + offset).buffer)[0]!;
      }),
    );
    fc.assert(
      fc.property(float, (value) => {
        const sign = Object.is(value, -0) || value < 0 ? 0x8000 : 0;
        const [half] = new Uint16Array(fromFloat32(Float32Array.of(value), "F16").buffer);
        expect(half).toBe(sign | nearest(value, halfValue, 0x7c00));
        const [bfloat] = new Uint16Array(fromFloat32(Float32Array.of(value), "BF16").buffer);
        expect(bfloat).toBe(sign | nearest(value, bfloatValue, 0x7f80));
      }),
      { numRuns: 3000 },
    );
  });

  it("keeps infinities, overflows to infinity and never turns NaN into a number", () => {
    const values = Float32Array.of(Infinity, -Infinity, 65519.996, 65520, -1e9, 3.4e38);
    expect([...toFloat32(fromFloat32(values, "F16"), "F16")]).toEqual([
      Infinity,
      -Infinity,
      65504,
      Infinity,
      -Infinity,
      Infinity,
    ]);
    // a NaN with a payload only in the bits that are cut off
    const nan = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001).buffer);
    for (const dtype of ["F16", "BF16"] as const) {
      expect([...toFloat32(fromFloat32(nan, dtype), dtype)]).toEqual([NaN, NaN]);
    }
    expect([...toFloat32(fromFloat32(Float32Array.of(3.4e38), "BF16"), "BF16")]).toEqual([Infinity]);
  });
});

describe("other types", () => {
  it("reads integers and doubles", () => {
    expect([...toFloat32(bytesOf(Int32Array.of(-7, 1 << 20)), "I32")]).toEqual([-7, 1 << 20]);
    expect([...toFloat32(bytesOf(Uint32Array.of(0xffffffff)), "U32")]).toEqual([2 ** 32]);
    expect([...toFloat32(bytesOf(BigInt64Array.of(-5n, 6n)), "I64")]).toEqual([-5, 6]);
    expect([...toFloat32(bytesOf(BigUint64Array.of(9n)), "U64")]).toEqual([9]);
    expect([...toFloat32(bytesOf(Float64Array.of(0.1)), "F64")]).toEqual([Math.fround(0.1)]);
    expect([...toFloat32(Uint8Array.of(0, 255), "U8")]).toEqual([0, 255]);
    expect([...toFloat32(Uint8Array.of(0, 255), "I8")]).toEqual([0, -1]);
    expect([...toFloat32(Uint8Array.of(0, 1), "BOOL")]).toEqual([0, 1]);
    expect([...toFloat32(bytesOf(Uint16Array.of(65535)), "U16")]).toEqual([65535]);
    expect([...toFloat32(bytesOf(Int16Array.of(-2)), "I16")]).toEqual([-2]);
  });

  it("reads unaligned bytes, and refuses a partial element", () => {
    const values = Float32Array.of(1.5, -2.25, 3);
    for (const dtype of ["F32", "F16", "BF16"] as const) {
      const bytes = fromFloat32(values, dtype);
      const shifted = new Uint8Array(bytes.length + 1);
      shifted.set(bytes, 1);
      expect(toFloat32(shifted.subarray(1), dtype)).toEqual(values);
      expect(() => toFloat32(bytes.subarray(1), dtype)).toThrow(/expected whole \w+ elements/);
    }
    expect(fromFloat32(values.subarray(1), "F32")).toEqual(bytesOf(Float32Array.of(-2.25, 3)));
  });

  it("packs halves into whole u32s", () => {
    expect(packedHalves(Float32Array.of(1, -2))).toEqual(bytesOf(Uint16Array.of(0x3c00, 0xc000)));
    expect(packedHalves(Float32Array.of(1, -2, 0.5))).toEqual(bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x3800, 0)));
  });

  it("knows its names, sizes and counts", () => {
    expect(DTYPES.every((dtype) => isDtype(dtype) && dtypeBytes(dtype) > 0)).toBe(true);
    expect([isDtype("F8_E4M3"), isDtype("constructor"), isFloatDtype("BF16"), isFloatDtype("I32")]).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect([elementCount([]), elementCount([3, 0]), elementCount([2, 5])]).toEqual([1, 0, 10]);
  });
});
