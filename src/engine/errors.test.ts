// Messages stay readable, whatever a file contains.
import { expect, test } from "vitest";
import { EngineError, isGpuMemory, showValue } from "./errors.ts";

test.each([
  [undefined, "nothing"],
  [null, "null"],
  [-1.5, "-1.5"],
  [NaN, "NaN"],
  [Infinity, "Infinity"],
  ["a\nb", '"a\\nb"'],
  ["a\u202eb\u009b", '"a\\u202eb\\u009b"'],
  ["😀", '"😀"'],
  [[1, [2, "x"], {}], '[1,[2,"x"],{}]'],
  [{ a: { b: [true] }, c: null }, '{"a":{"b":[true]},"c":null}'],
  ["x".repeat(1e6), `"${"x".repeat(56)}...`],
  [Array(1e6).fill(1), `[${"1,".repeat(28)}...`],
])("a value is shown on one short line: %#", (value, shown) => {
  expect(showValue(value)).toBe(shown);
});

test("a value that is nested a million levels deep is shown", () => {
  let deep: unknown = 0;
  for (let i = 0; i < 1e6; i++) deep = i % 2 ? [deep] : { "": deep };
  expect(showValue(deep)).toHaveLength(60);
});

test("a message keeps its beginning and its end", () => {
  const { message } = new EngineError("format", `config.json: ${"x".repeat(2e6)}. Use another file.`);
  expect(message.length).toBeLessThan(4100);
  expect(message).toMatch(/^config\.json: x.*Use another file\.$/);
});

test.each(["Array buffer allocation failed", "Out of memory", "allocation size overflow"])(
  "where the page has no memory left, the error does not blame the GPU: %s",
  (message) => {
    const error = EngineError.from(new RangeError(message));
    expect(error.code).toBe("out-of-memory");
    expect(error.message).toContain(`(${message})`);
    expect(isGpuMemory(error)).toBe(false);
    expect(isGpuMemory(new EngineError("out-of-memory", "The GPU has no memory left."))).toBe(true);
    expect(EngineError.from(new RangeError("Invalid array length")).code).toBe("bug");
  },
);
