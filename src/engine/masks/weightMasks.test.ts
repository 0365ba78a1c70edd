// Masks of single weights: counting, zeroing, and refusing masks of another model.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readConfig } from "../config/config.ts";
import { maskedReader } from "../prune/weights/maskedReader.ts";
import { mlpMatrices } from "./mlpMatrices.ts";
import {
  isKept,
  keptInMask,
  keptOfMasks,
  masksByName,
  packMask,
  type WeightMask,
  weightsOf,
  zeroPruned,
} from "./weightMasks.ts";

const config = readConfig(JSON.parse(readFileSync("golden/llama/config.json", "utf8")) as unknown);
/** Every third weight is pruned. */
const masks = mlpMatrices(config).map((matrix): WeightMask => {
  return packMask(
    matrix,
    Uint8Array.from({ length: weightsOf(matrix) }, (_, i) => (i % 3 === 2 ? 0 : 1)),
  );
});
const [first] = masks;
if (!first) throw new Error("the model has matrices");

it("counts kept weights", () => {
  const weights = weightsOf(first.matrix);
  expect(keptInMask(first)).toBe(weights - Math.floor(weights / 3));
  expect(keptInMask({ ...first, bits: Uint32Array.of(0xffffffff, 0x80000001, 0) })).toBe(34);
  expect(keptOfMasks(masks)).toEqual({ kept: 9 * (11264 - 3754), of: 9 * 11264 });
});

it.each([2, 4])("zeroes pruned elements of %d bytes, and no others", (size) => {
  const bytes = new Uint8Array(weightsOf(first.matrix) * size).fill(7);
  zeroPruned(bytes, first);
  for (const weight of [0, 1, 2, 31, 32, 33, 11_261, 11_263]) {
    const expected = isKept(first, weight) ? 7 : 0;
    expect([...bytes.subarray(weight * size, (weight + 1) * size)], `weight ${weight}`).toEqual(
      Array(size).fill(expected),
    );
  }
});

it("a reader returns the zeroed matrix and does not change other tensors or the source", async () => {
  const source = new Float32Array(weightsOf(first.matrix)).fill(1);
  const weights = { has: () => true, info: () => ({ shape: first.matrix.shape }), readFloat32: async () => source };
  const reader = maskedReader(weights, config, masks);
  const values = await reader.readFloat32(first.matrix.name);
  expect([...values.subarray(0, 6)]).toEqual([1, 1, 0, 1, 1, 0]);
  expect(await reader.readFloat32("model.norm.weight")).toBe(source);
  expect(source.every((value) => value === 1)).toBe(true);
});

it("masks of another model are refused with the name of the matrix", () => {
  expect(() => masksByName(config, masks.slice(1))).toThrow(
    /mlp\.gate_proj\.weight: expected a mask of 352 words, got none/,
  );
  const short = masks.map((mask, i) => (i === 4 ? { ...mask, bits: new Uint32Array(3) } : mask));
  expect(() => masksByName(config, short)).toThrow(/layers\.1\.mlp\.up_proj\.weight: .* got 3/);
});
