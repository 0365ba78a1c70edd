// Typed numbers: every way to write one number is read as it, and what can mean two numbers is refused.
import { describe, expect, it } from "vitest";
import { readTyped } from "./typedNumber.ts";

const PERCENT = { percent: true, min: 5, max: 100 };
const WHOLE = { whole: true, min: 1, max: 4_000_000 };
const REAL = { min: 0, max: 1000 };
const valueOf = (text: string, kind: Parameters<typeof readTyped>[1]): number | null => {
  const typed = readTyped(text, kind);
  return typed.ok ? typed.value : null;
};

describe("a typed number", () => {
  it.each(["80", "80 %", "80%", " 80\u00a0% ", "80.0", "80,0 %", "0.8", "0,8", ".8"])(
    "in percent, %j is 80",
    (text) => {
      expect(valueOf(text, PERCENT)).toBe(80);
    },
  );

  it.each([
    ["42.5", 42.5],
    ["42,5 %", 42.5],
    ["5", 5],
    ["4.9", null],
    ["0.8 %", null],
    ["1", null],
    ["0", null],
    ["101", null],
    ["80 %%", null],
    ["", null],
    ["%", null],
  ])("in percent, %j is %j", (text, value) => {
    expect(valueOf(text, PERCENT)).toBe(value);
  });

  it.each([
    ["600", 600],
    ["100,000", 100_000],
    ["100 000", 100_000],
    ["1e3", 1000],
    ["1,000,000", 1_000_000],
    ["1.000.000", 1_000_000],
    ["2.5", null],
    ["2,5", null],
    ["0x10", null],
    ["Infinity", null],
    ["600 %", null],
    ["-3", null],
    ["\u22123", null],
    ["1.000", null],
    ["9,00", 9],
  ])("that must be whole, %j is %j", (text, value) => {
    expect(valueOf(text, WHOLE)).toBe(value);
  });

  it.each([
    ["0,001", 0.001],
    ["0.001", 0.001],
    ["1e-3", 0.001],
    ["6,5", 6.5],
    ["1.234,5", null],
    ["12.345", 12.345],
    ["999,5", 999.5],
  ])("with decimals, %j is %j", (text, value) => {
    expect(valueOf(text, REAL)).toBe(value);
  });

  it("that can mean two numbers is refused with both", () => {
    expect(readTyped("1,000", REAL)).toEqual({
      ok: false,
      reason: "1,000 can mean 1.000 or 1000. Write it without the separator.",
    });
    expect(readTyped("1.000", WHOLE)).toEqual({
      ok: false,
      reason: "1.000 can mean 1000 or 1. Write it without the separator.",
    });
    expect(readTyped("5 %", REAL)).toEqual({ ok: false, reason: "This number is not in percent." });
  });
});
