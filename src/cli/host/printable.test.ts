// What a terminal would obey is shown as U+FFFD.
import { expect, test } from "vitest";
import { printable } from "./printable.ts";

test.each([
  ["a\x1b[2Jb", "a\uFFFD[2Jb"],
  ["a\nb\rc\x07\x9b", "a\uFFFDb\uFFFDc\uFFFD\uFFFD"],
  ["\u202Egpj.exe\u2066", "\uFFFDgpj.exe\uFFFD"],
  ["größe 模型 é", "größe 模型 é"],
])("%j", (text, shown) => {
  expect(printable(text)).toBe(shown);
});
