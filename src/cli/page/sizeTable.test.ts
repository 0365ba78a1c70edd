// The table of sizes.
import { expect, it } from "vitest";
import { sizeTable } from "./sizeTable.ts";

it("has a line per form with its size, or the reason why there is none", () => {
  const record = { architecture: "deci", addedDimensions: 0, withoutAttention: 0, notes: [] };
  const text = sizeTable([
    { form: "masked", bytes: 7_100_000 },
    { form: "gguf", type: "Q8_0", bytes: 2_500_000, gguf: { ...record, blockWeights: { kept: 555, of: 1000 } } },
    { form: "onnx", reason: "no room" },
  ]);
  expect(text.split("\n")).toEqual([
    "sizes of all forms, before any is written:",
    "  masked            7.10 MB",
    "  gguf Q8_0         2.50 MB, 55.5 % of the block weights",
    "  onnx              no room",
  ]);
});
