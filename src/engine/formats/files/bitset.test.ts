// Bitsets: the documented bit order, every length, and malformed text.
import fc from "fast-check";
import { expect, it } from "vitest";
import { packBits, unpackBits } from "./bitset.ts";

it("puts the first gate in the lowest bit", () => {
  expect(packBits(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 1))).toBe(btoa("\u0001\u0002"));
  expect(packBits(new Uint8Array())).toBe("");
});

it("unpacks what was packed", () => {
  const mask = fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 70 });
  fc.assert(
    fc.property(mask, (bits) => {
      expect(Array.from(unpackBits(packBits(Uint8Array.from(bits)), bits.length))).toEqual(bits);
    }),
  );
  const long = Uint8Array.from({ length: 200_003 }, (_, i) => (i % 7 === 0 ? 1 : 0));
  expect(unpackBits(packBits(long), long.length)).toEqual(long);
});

it.each([
  ["too short", btoa("a"), 9, /expected 2 bytes for 9 gates, got 1/],
  ["too long", btoa("abc"), 9, /got 3/],
  ["not base64", "%%%%", 8, /expected base64/],
  ["cut short", "abc", 16, /expected base64/],
  ["ones after the end", btoa("\u00ff"), 7, /expected zeros after the last of 7/],
])("refuses a bitset that is %s", (_, text, length, message) => {
  expect(() => unpackBits(text, length)).toThrow(message);
});
