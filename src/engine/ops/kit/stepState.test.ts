// The step state's bytes: fields in the order of the WGSL struct, and values that a field cannot represent.
import { describe, expect, test } from "vitest";
import { EngineError } from "../../errors.ts";
import { packStepState } from "./stepState.ts";

describe("packStepState", () => {
  test("packs seed, step, ratio and rate in the order of the struct; the rate is 1 by default", () => {
    const packed = packStepState({ seed: 0xffffffff, step: 7, ratio: 0.5 });
    expect([...packed]).toEqual([0xffffffff, 7, 0x3f000000, 0x3f800000]);
    expect(packStepState({ seed: 0, step: 0, ratio: 1, rate: 0.25 })[3]).toBe(0x3e800000);
  });

  test.each([
    { seed: -1, step: 0, ratio: 0.5 },
    { seed: 1.5, step: 0, ratio: 0.5 },
    { seed: 1, step: 2 ** 32, ratio: 0.5 },
    { seed: 1, step: 0, ratio: Number.NaN },
    { seed: 1, step: 0, ratio: 1, rate: Infinity },
  ])("refuses %o", (values) => {
    expect(() => packStepState(values)).toThrow(EngineError);
  });
});
