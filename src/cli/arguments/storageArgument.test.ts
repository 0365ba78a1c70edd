// How matrices are stored on the GPU, from the command line.
import { expect, it } from "vitest";
import { readStorageArgument } from "./storageArgument.ts";

it.each([
  [{}, "f32"],
  [{ half: true }, "f16"],
  [{ weights: "f16" }, "f16"],
  [{ weights: "file" }, "file"],
])("%o", (values, expected) => {
  expect(readStorageArgument(values)).toBe(expected);
});

it.each([
  [{ weights: "q3" }, /--weights: expected one of f32, f16, file, got "q3"/],
  [{ weights: "f32", half: true }, /--half: expected it without --weights/],
])("refuses %o", (values, message) => {
  expect(() => readStorageArgument(values)).toThrow(message);
});
