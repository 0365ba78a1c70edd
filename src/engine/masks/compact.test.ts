// Cutting and zeroing, compared with loops over rows and columns, for every element size.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelConfig } from "../config/config.ts";
import { LLAMA_DESIGN } from "../config/modelConfig.ts";
import { dtypeBytes, type Dtype } from "../dtype.ts";
import { checkMasks, cutMatrix, cutShape, keptIndices, maskOfIndices, zeroMatrix, type Kept } from "./compact.ts";

const CONFIG: ModelConfig = {
  family: "llama",
  modelType: "llama",
  layers: 2,
  dModel: 5,
  heads: 2,
  kvHeads: 1,
  headDim: 3,
  dMlp: 7,
  vocab: 11,
  context: 16,
  normEps: 1e-5,
  rope: { theta: 1e4 },
  tiedHead: true,
  glu: true,
  design: LLAMA_DESIGN,
  eosTokens: [],
};

const matrix = fc
  .record({
    dtype: fc.constantFrom<Dtype>("F16", "BF16", "F32", "F64", "U8"),
    rows: fc.integer({ min: 1, max: 7 }),
    cols: fc.integer({ min: 1, max: 9 }),
    shift: fc.integer({ min: 0, max: 3 }),
  })
  .chain((m) =>
    fc.record({
      m: fc.constant(m),
      rowMask: fc.uint8Array({ min: 0, max: 1, minLength: m.rows, maxLength: m.rows }),
      colMask: fc.uint8Array({ min: 0, max: 1, minLength: m.cols, maxLength: m.cols }),
      useRows: fc.boolean(),
      useCols: fc.boolean(),
    }),
  );

/** What the two functions refuse. */
const REFUSED = [
  {
    what: "bytes that do not fit the shape",
    bytes: 7,
    shape: [2, 2],
    kept: {},
    message: /got shape \[2, 2\] and 7 bytes/,
  },
  {
    what: "columns of a vector",
    bytes: 8,
    shape: [4],
    kept: { cols: Uint32Array.of(0) },
    message: /expected a matrix/,
  },
  {
    what: "a row beyond the last",
    bytes: 8,
    shape: [2, 2],
    kept: { rows: Uint32Array.of(2) },
    message: /rows below 2/,
  },
  {
    what: "a column beyond the last",
    bytes: 8,
    shape: [2, 2],
    kept: { cols: Uint32Array.of(9) },
    message: /columns below 2/,
  },
];

describe("cutMatrix and zeroMatrix", () => {
  it("keep the kept elements byte for byte, and nothing else", () => {
    fc.assert(
      fc.property(matrix, ({ m, rowMask, colMask, useRows, useCols }) => {
        const size = dtypeBytes(m.dtype);
        // starts at any byte of its buffer, like a slice of a file
        const file = Uint8Array.from({ length: m.rows * m.cols * size + m.shift }, (_, i) => (i % 255) + 1);
        const bytes = file.subarray(m.shift);
        const kept: Kept = {
          ...(useRows && { rows: keptIndices(rowMask) }),
          ...(useCols && { cols: keptIndices(colMask) }),
        };
        const cut: number[] = [];
        const zeroed: number[] = [];
        for (let row = 0; row < m.rows; row++) {
          for (let col = 0; col < m.cols; col++) {
            const element = Array.from(bytes.subarray((row * m.cols + col) * size, (row * m.cols + col + 1) * size));
            const stays = (!useRows || rowMask[row] === 1) && (!useCols || colMask[col] === 1);
            if (stays) cut.push(...element);
            zeroed.push(...(stays ? element : element.map(() => 0)));
          }
        }
        expect(Array.from(cutMatrix(bytes, m.dtype, [m.rows, m.cols], kept))).toEqual(cut);
        expect(Array.from(zeroMatrix(bytes, m.dtype, [m.rows, m.cols], kept))).toEqual(zeroed);
      }),
    );
  });

  it("keep the kept entries of a bias", () => {
    const bias = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const kept = { rows: Uint32Array.of(0, 2) };
    expect(cutMatrix(bias, "F16", [3], kept)).toEqual(Uint8Array.of(1, 2, 5, 6));
    expect(zeroMatrix(bias, "F16", [3], kept)).toEqual(Uint8Array.of(1, 2, 0, 0, 5, 6));
    expect(cutShape([3], kept)).toEqual([2]);
  });

  it.each(REFUSED)("refuse $what", ({ bytes, shape, kept, message }) => {
    expect(() => cutMatrix(new Uint8Array(bytes), "F16", shape, kept)).toThrow(message);
    expect(() => zeroMatrix(new Uint8Array(bytes), "F16", shape, kept)).toThrow(message);
  });
});

it("turns masks into index lists and back", () => {
  const mask = Uint8Array.of(0, 1, 1, 0, 1);
  expect(keptIndices(mask)).toEqual(Uint32Array.of(1, 2, 4));
  expect(maskOfIndices(keptIndices(mask), 5)).toEqual(mask);
});

it("refuses masks of another model", () => {
  const config: ModelConfig = { ...CONFIG, layers: 1 };
  const masks = [5, 5, 5, 7, 5].map((size) => new Uint8Array(size).fill(1));
  expect(() => checkMasks(config, masks)).not.toThrow();
  expect(() => checkMasks({ ...config, layers: 2 }, masks)).toThrow(/expected 10 masks for 2 blocks, got 5/);
  expect(() => checkMasks({ ...config, dMlp: 8 }, masks)).toThrow(/s4 of block 0: expected a mask of 8 gates, got 7/);
  expect(() =>
    checkMasks(
      config,
      masks.map((mask) => mask.map(() => 2)),
    ),
  ).toThrow(/zeros and ones/);
});
