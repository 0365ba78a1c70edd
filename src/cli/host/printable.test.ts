// What a terminal would obey is shown as U+FFFD.
import { expect, test } from "vitest";
import { jsonLine } from "./command.ts";
import { printable, printableLine } from "./printable.ts";

test.each([
  ["a\x1b[2Jb", "a\uFFFD[2Jb"],
  ["a\nb\rc\x07\x9b", "a\uFFFDb\uFFFDc\uFFFD\uFFFD"],
  ["\u202Egpj.exe\u2066", "\uFFFDgpj.exe\uFFFD"],
  ["größe 模型 é", "größe 模型 é"],
])("%j", (text, shown) => {
  expect(printableLine(text)).toBe(shown);
});

test("a message keeps its lines", () => {
  expect(printable("a\nb\x1b\tc")).toBe("a\nb\uFFFD\tc");
});

test("a line of JSON stays the same value", () => {
  const value = { name: "a\x1b[31m\x9b\u202e\u2028\n" };
  const line = jsonLine(value);
  expect(JSON.parse(line)).toEqual(value);
  expect(line).toBe('{"name":"a\\u001b[31m\\u009b\\u202e\\u2028\\n"}\n');
});
