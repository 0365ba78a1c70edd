// The reference's erf, compared with table 7.1 of Abramowitz and Stegun and with the symmetry of the error function.
import { describe, expect, test } from "vitest";
import { erf } from "./gelu.ref.ts";

describe("erf", () => {
  test.each([
    [0, 0],
    [0.1, 0.112462916],
    [0.5, 0.5204998778],
    [1, 0.8427007929],
    [2, 0.995322265],
  ])("erf(%d) is %d", (x, value) => {
    expect(erf(x)).toBeCloseTo(value, 10);
    expect(erf(-x)).toBeCloseTo(-value, 10);
  });

  test("reaches 1 without a jump", () => {
    expect(erf(5.999)).toBeCloseTo(1, 14);
    expect(erf(6)).toBe(1);
    expect(erf(1e4)).toBe(1);
  });
});
