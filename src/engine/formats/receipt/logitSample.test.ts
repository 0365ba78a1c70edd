// The logit sample of a receipt: what it contains, how it is compared, what is refused.
import { describe, expect, it } from "vitest";
import { JsonField } from "../../json/jsonFields.ts";
import { compareSample, readLogitSample, sampleLogits } from "./logitSample.ts";

const VOCAB = 6;
const ids = Uint32Array.from({ length: 20 }, (_, i) => i % VOCAB);
/** Position t prefers token t % 6, then the others in a fixed order; two are equal. */
const logits = Float32Array.from(
  { length: 20 * VOCAB },
  (_, i) => [9.1, 3.25, 3.25, -1, 0.5, 7][(i + Math.floor(i / VOCAB)) % VOCAB]!,
);

describe("sampleLogits", () => {
  const sample = sampleLogits(ids, logits);

  it("keeps the largest logits of the first positions, largest first; among equal logits the lower id first", () => {
    expect(sample.ids).toEqual([...ids.subarray(0, 16)]);
    expect(sample.top).toHaveLength(16);
    expect(sample.top[0]).toEqual({ ids: [0, 5, 1, 2], logits: [9.1, 7, 3.25, 3.25] });
    expect(sample.top[1]).toEqual({ ids: [5, 4, 0, 1], logits: [9.1, 7, 3.25, 3.25] });
  });

  it("compares with another forward, which may be longer or shorter than the sample's own", () => {
    expect(compareSample(sample, logits, VOCAB)).toMatchObject({
      largest: 9.1,
      difference: expect.closeTo(0, 6) as number,
    });
    const other = logits.slice();
    other[3 * VOCAB + (sample.top[3]?.ids[2] ?? 0)]! += 0.5;
    expect(compareSample(sample, other, VOCAB).difference).toBeCloseTo(0.5, 6);
    expect(compareSample(sample, other.fill(Number.NaN, 0, 1), VOCAB).difference).toBeNaN();
    expect(compareSample(sample, logits.subarray(0, 5 * VOCAB), VOCAB).difference).toBeNaN();
  });

  it("refuses logits of another length", () => {
    expect(() => sampleLogits(ids, logits.subarray(1))).toThrow(/expected a row for each of 20 tokens, got 119/);
  });

  it("is read back, and refused where it is malformed", () => {
    const read = (value: unknown) => readLogitSample(new JsonField(value, "receipt.json", "sample"));
    expect(read(JSON.parse(JSON.stringify(sample)))).toEqual(sample);
    expect(() => read({ ...sample, ids: [1.5] })).toThrow(/sample\.ids\[0\]: expected a whole number/);
    expect(() => read({ ...sample, top: sample.top.slice(1) })).toThrow(/sample\.top: expected a list of 16/);
    const [first, ...rest] = sample.top;
    expect(() => read({ ...sample, top: [{ ...first, logits: [1] }, ...rest] })).toThrow(
      /logits: expected a list of 4/,
    );
  });
});
