// Exporting tensors by rows: the same bytes with any chunk size, and never more in memory than allowed.
import { describe, expect, it } from "vitest";
import { cutMatrix, zeroMatrix, type Kept } from "../../masks/compact.ts";
import { dtypeBytes, type Dtype, type FloatDtype } from "../../dtype.ts";
import { converted } from "./exportFiles.ts";
import { exportRows } from "./exportRows.ts";
import { collectBytes, memorySource } from "../files/memoryFolder.ts";
import { readSafetensors, writeSafetensors, type SafetensorsFile } from "../safetensors/safetensors.ts";

const ROWS = 7;
const COLS = 5;
const KEPT: Kept = { rows: Uint32Array.of(0, 3, 4, 6), cols: Uint32Array.of(1, 2, 4) };

/** The tensor "w" of small distinct numbers, in a file. */
async function fileOf(dtype: FloatDtype, shape: number[]): Promise<SafetensorsFile> {
  const count = shape.reduce((product, n) => product * n, 1);
  const values = Float32Array.from({ length: count }, (_, i) => i - 10);
  const bytes = converted(new Uint8Array(values.buffer), "F32", dtype, "w");
  const file = await collectBytes(writeSafetensors([{ name: "w", dtype, shape, chunks: () => [bytes] }]));
  return readSafetensors(memorySource("model.safetensors", file));
}

/** The source, and the size of the largest read from it. */
function metered(file: SafetensorsFile): { source: Parameters<typeof exportRows>[0]; largest: () => number } {
  let largest = 0;
  return {
    source: {
      info: (name) => file.tensors.get(name)!,
      readRows: async (name, first, count) => {
        const bytes = await file.readRows(name, first, count);
        largest = Math.max(largest, bytes.length);
        return bytes;
      },
    },
    largest: () => largest,
  };
}

describe("exportRows", () => {
  for (const chunkBytes of [1, 3 * COLS * 4, ROWS * COLS * 4, 1e6])
    for (const [what, edit] of [
      ["cut", cutMatrix],
      ["zeroed", zeroMatrix],
    ] as const)
      it(`gives the ${what} matrix in pieces of ${chunkBytes} bytes`, async () => {
        const file = await fileOf("F32", [ROWS, COLS]);
        const { source, largest } = metered(file);
        const options = { kept: KEPT, edit, target: "BF16" as Dtype, chunkBytes };
        const expected = converted(edit(await file.readTensor("w"), "F32", [ROWS, COLS], KEPT), "F32", "BF16", "w");
        expect(await collectBytes(exportRows(source, "w", options))).toEqual(expected);
        expect(largest()).toBeLessThanOrEqual(Math.max(chunkBytes, COLS * 4));
      });

  it.each([
    ["F16", [9]],
    ["BF16", [3, 2, 4]],
    ["F32", []],
    ["F32", [0, 4]],
  ] as [FloatDtype, number[]][])("gives %s of shape %j unchanged", async (dtype, shape) => {
    const file = await fileOf(dtype, shape);
    const options = { edit: cutMatrix, target: dtype, chunkBytes: 4 };
    const bytes = await collectBytes(exportRows(metered(file).source, "w", options));
    expect(bytes).toEqual(await file.readTensor("w"));
    expect(bytes.length).toBe(shape.reduce((product, n) => product * n, 1) * dtypeBytes(dtype));
  });

  it("keeps entries of a vector", async () => {
    const file = await fileOf("F32", [ROWS]);
    const kept = { rows: KEPT.rows! };
    const options = { kept, edit: cutMatrix, target: "F32" as Dtype, chunkBytes: 8 };
    const bytes = await collectBytes(exportRows(metered(file).source, "w", options));
    expect([...new Float32Array(bytes.buffer)]).toEqual([-10, -7, -6, -4]);
  });

  it("refuses rows that do not exist", async () => {
    const file = await fileOf("F32", [ROWS, COLS]);
    await expect(file.readRows("w", 5, 3)).rejects.toThrow(/expected rows below 7, got 5 to 8/);
    await expect(file.readRows("v", 0, 1)).rejects.toThrow(/'v'/);
  });
});
