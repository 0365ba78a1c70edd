// Stored tables of matmul kernels: which file they are in, and which files are refused.
import { expect, it } from "vitest";
import { MATMUL_KERNELS } from "../matmul/matmulTable.ts";
import { matmulFileName, readStoredMatmul, storedMatmulText, subjectOf } from "./storedMatmul.ts";

const shape = { direction: "forward", precision: "f32", rows: 100, n: 960, k: 576 } as const;
const subject = subjectOf("vendor card driver 1", "Browser/1", [shape]);
const table = { kernels: MATMUL_KERNELS, default: "sized", classes: { "forward f32 128 960x576": "split" } };

it("has a file of its own for another adapter or driver, browser, version or list of shapes", async () => {
  const names = await Promise.all(
    [
      subject,
      subjectOf("vendor card driver 2", "Browser/1", [shape]),
      subjectOf("vendor card driver 1", "Browser/2", [shape]),
      subjectOf("vendor card driver 1", "Browser/1", [{ ...shape, rows: 200 }]),
      { ...subject, kernels: MATMUL_KERNELS + 1 },
    ].map(matmulFileName),
  );
  expect(new Set(names).size).toBe(names.length);
  expect(names[0]).toMatch(/^[0-9a-f]{16}\.json$/);
  expect(await matmulFileName(subjectOf("vendor card driver 1", "Browser/1", [{ ...shape, rows: 128 }]))).toBe(
    names[0],
  );
});

it("is read back unchanged", () => {
  expect(readStoredMatmul(storedMatmulText(subject, table), subject, "a.json")).toEqual(table);
  const one = { ...table, classes: {} };
  expect(readStoredMatmul(storedMatmulText(subject, one), subject, "a.json")).toEqual(one);
});

it.each<[string, string, RegExp]>([
  ["not JSON", "{", /a\.json: expected JSON/],
  ["of another format", `{"format":"espalier-matmul-2"}`, /format: expected one of espalier-matmul-1/],
  [
    "of another adapter",
    storedMatmulText({ ...subject, adapter: "x" }, table),
    /subject\.adapter: expected one of vendor/,
  ],
  [
    "of another version",
    storedMatmulText({ ...subject, kernels: MATMUL_KERNELS + 1 }, table),
    /subject\.kernels: expected one of \d+, got \d+/,
  ],
  ["of other shapes", storedMatmulText({ ...subject, shapes: ["forward f32 1 4x4"] }, table), /shapes\[0\]: expected/],
  [
    "without a class",
    storedMatmulText(subject, { ...table, classes: { "forward f32 1 4x4": "split" } }),
    /classes: expected a kernel for "forward f32 128 960x576", got none/,
  ],
])("is refused where it is %s", (_, text, message) => {
  expect(() => readStoredMatmul(text, subject, "a.json")).toThrow(message);
});
