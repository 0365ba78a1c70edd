// The gate map's bookkeeping against brute force: rows, dimensions, down-sampling, changes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GateImage } from "./gateImage.ts";
import type { GateData } from "./gateImage.ts";
import { gateTip } from "./gateTip.ts";
import { EMBEDDING_VECTORS, rowOf } from "../../lib/numbers/vectors.ts";

/** Masks of `layers` blocks; s4 is longer, as in a model. */
function gates(layers: number, dModel: number, kept: (mask: number, j: number) => boolean): GateData {
  const masks = Array.from({ length: 5 * layers }, (_, mask) =>
    Uint8Array.from({ length: mask % 5 === 3 ? 2 * dModel : dModel }, (_unused, j) => Number(kept(mask, j))),
  );
  return { layers, dModel, masks };
}

describe("rows of the gate map", () => {
  it("are s1, s2, s3, s5 of block 0, then of block 1", () => {
    expect([0, 1, 2, 3, 4, 7].map((row) => rowOf(row).mask)).toEqual([0, 1, 2, 4, 5, 9]);
    expect(rowOf(7)).toEqual({ block: 1, k: 4, mask: 9 });
    expect(EMBEDDING_VECTORS).not.toContain(3);
  });
});

describe("GateImage", () => {
  it("shows one pixel per gate where there is room", () => {
    const pass = new GateImage().update(
      gates(1, 6, (mask, j) => mask === 4 || j === 2),
      100,
    );
    expect([pass.rows, pass.columns]).toEqual([4, 6]);
    expect(Array.from(pass.levels.subarray(0, 6))).toEqual([0, 0, 255, 0, 0, 0]);
    expect(Array.from(pass.levels.subarray(18))).toEqual([255, 255, 255, 255, 255, 255]);
    expect(Array.from(pass.rowKept)).toEqual([1, 1, 1, 6]);
    expect(Array.from(pass.dimKept)).toEqual([1, 1, 4, 1, 1, 1]);
  });

  it("shows the mean of neighbours where there is not", () => {
    const pass = new GateImage().update(
      gates(1, 10, (_, j) => j < 5 && j !== 0),
      3,
    );
    expect(Array.from(pass.levels.subarray(0, 3))).toEqual([170, 170, 0]);
  });

  it("marks what changed since the last update, and fades it", () => {
    const image = new GateImage();
    expect(
      image.update(
        gates(1, 8, () => true),
        8,
      ).changed,
    ).toBe(0);
    const pass = image.update(
      gates(1, 8, (mask, j) => !(mask === 1 && j === 3)),
      8,
    );
    expect(pass.changed).toBe(1);
    expect(pass.heat[8 + 3]).toBe(255);
    expect(pass.heat.reduce((sum, v) => sum + v, 0)).toBe(255);
    const same = gates(1, 8, (mask, j) => !(mask === 1 && j === 3));
    expect(image.update(same, 8, 0.5).heat[8 + 3]).toBe(127);
    expect(image.update(same, 8, 0).heat[8 + 3]).toBe(0);
  });

  it("does not count s4, nor gates beyond dModel", () => {
    const data = gates(1, 4, () => false);
    data.masks[3]?.fill(1);
    expect(new GateImage().update(data, 4).rowKept).toEqual(new Uint32Array(4));
  });

  it("names the mask that is too short", () => {
    const data = gates(2, 4, () => true);
    expect(() => new GateImage().update({ ...data, dModel: 5 }, 4)).toThrow("5 gates for s1 of block 0, got 4");
    expect(() => new GateImage().update({ ...data, layers: 3 }, 4)).toThrow("s1 of block 2, got none");
  });

  it("equals a count from nothing after any sequence of updates, at any alignment", () => {
    const shape = fc.record({ layers: fc.integer({ min: 1, max: 3 }), dModel: fc.integer({ min: 1, max: 37 }) });
    const run = fc.record({
      shape,
      columns: fc.integer({ min: 1, max: 40 }),
      offset: fc.integer({ min: 0, max: 3 }),
      seeds: fc.array(fc.integer(), { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(run, ({ shape: { layers, dModel }, columns, offset, seeds }) => {
        const image = new GateImage();
        for (const seed of seeds) {
          const data = gates(layers, dModel, (mask, j) => ((seed ^ (mask * 2654435761)) >>> (j % 29)) % 3 === 0);
          const masks = data.masks.map((mask) => {
            const shifted = new Uint8Array(new ArrayBuffer(mask.length + 8), offset, mask.length);
            shifted.set(mask);
            return shifted;
          });
          const pass = image.update({ ...data, masks }, columns, 0.5);
          const fresh = new GateImage().update(data, columns);
          expect(pass.levels).toEqual(fresh.levels);
          expect(pass.rowKept).toEqual(fresh.rowKept);
          expect(pass.dimKept).toEqual(fresh.dimKept);
          const byHand = Array.from({ length: pass.rows }, (_, row) =>
            (data.masks[rowOf(row).mask] ?? new Uint8Array()).reduce((sum, gate) => sum + gate, 0),
          );
          expect(Array.from(pass.rowKept)).toEqual(byHand);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("gateTip", () => {
  const data = gates(2, 4, (mask, j) => mask === 6 && j === 1);
  const pass = new GateImage().update(data, 4);

  it("says block, vector, dimension, state and both rates", () => {
    const { title, rows } = gateTip(data, pass, { row: 5, dimension: 1 });
    expect(title).toBe("block 1, s2 (attention out), dimension 1");
    expect(rows.map(({ value }) => value)).toEqual(["kept", "25.0 % (1 of 4)", "12.5 % (1 of 8)"]);
    expect(gateTip(data, pass, { row: 4, dimension: 1 }).rows[0]?.value).toBe("pruned");
  });

  it("says only what a place beside the map has", () => {
    expect(gateTip(data, pass, { row: -1, dimension: 1 })).toMatchObject({ title: "dimension 1", rows: [{}] });
    expect(gateTip(data, pass, { row: 7, dimension: -1 })).toMatchObject({
      title: "block 1, s5 (MLP out)",
      rows: [{}],
    });
  });
});
