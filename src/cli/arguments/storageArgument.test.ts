// How matrices are stored on the GPU, from the command line.
import { expect, it } from "vitest";
import { readStorageArgument } from "./storageArgument.ts";

it.each([
  [{}, "f32"],
  [{ half: true }, "f16"],
  [{ weights: "f16" }, "f16"],
  [{ weights: "file" }, "file"],
  [{ weights: "q4_0" }, "q4_0"],
])("%o", (values, expected) => {
  expect(readStorageArgument(values)).toBe(expected);
});

it.each([
  [{ weights: "q3" }, /--weights: expected one of f32, f16, file, q8_0, q4_0, got "q3"/],
  [{ weights: "f32", half: true }, /--half: expected it without --weights/],
])("refuses %o", (values, message) => {
  expect(() => readStorageArgument(values)).toThrow(message);
});
