// The order in which blocks are uploaded: every byte of the file once, in whole u32s, with the scales of two blocks in one word where it says so.
import { describe, expect, it } from "vitest";
import { BLOCK_DTYPES, type BlockDtype } from "../../dtype.ts";
import { gpuBlocks } from "./gpuBlocks.ts";
import { blockTypeNamed } from "./types.ts";

/** Where blocks that are read in pairs have their scale. */
const PAIRED: Partial<Record<BlockDtype, number>> = { Q8_0: 0, Q4_0: 0, Q5_0: 0, Q6_K: 208 };

/** Different bytes, none of which makes a half that is not finite. */
const numbered = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7) % 120);

describe.each(BLOCK_DTYPES)("%s", (type) => {
  const { bytes: size } = blockTypeNamed(type);

  it.each([1, 2, 3])("%i blocks", (blocks) => {
    const stored = numbered(blocks * size);
    const moved = gpuBlocks(type, stored, "w");
    expect(moved.length).toBe(Math.ceil(stored.length / 4) * 4);
    const scale = PAIRED[type];
    if (scale === undefined) {
      expect(moved).toEqual(stored);
      return;
    }
    for (let b = 0; b < blocks; b++) {
      const block = [...stored.subarray(b * size, (b + 1) * size)];
      const unit = Math.floor(b / 2) * 2 * size;
      const side = b % 2;
      expect([...moved.subarray(unit + 2 * side, unit + 2 * side + 2)]).toEqual(block.splice(scale, 2));
      const rest = unit + 4 + side * (size - 2);
      expect([...moved.subarray(rest, rest + size - 2)]).toEqual(block);
    }
  });

  it.each([0x7c00, 0xfe00])("refuses a scale of %i", (half) => {
    const stored = numbered(3 * size);
    stored.set([half & 255, half >> 8], size + (PAIRED[type] ?? 0));
    expect(() => gpuBlocks(type, stored, "w")).toThrow(
      `tensor 'w': expected finite scales of ${type} blocks, got one that is infinite or not a number.`,
    );
  });
});
