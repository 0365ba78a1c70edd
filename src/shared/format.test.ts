// Numbers are written as people expect them.
import { describe, expect, it } from "vitest";
import {
  bytes,
  duration,
  factor,
  grouped,
  keptPercent,
  localMinutes,
  loss,
  nats,
  percent,
  perplexityText,
  ratioText,
  sentence,
  short,
  significant,
  small,
  stepTime,
  whole,
} from "./format.ts";

describe("format", () => {
  it("writes counts and shares", () => {
    expect(whole(1_572_864)).toBe("1,572,864");
    expect(percent(0.55603)).toBe("55.6 %");
    expect([short(3_542_208), short(393_216), short(192)]).toEqual(["3.54 M", "393 k", "192"]);
    expect([9999, 999_700, 999.6e9].map(short)).toEqual(["9,999", "1.00 M", "1.00 T"]);
  });

  it("writes ratios without trailing zeros, and shares of a count", () => {
    expect([ratioText(0.35), ratioText(0.425), ratioText(0.07)]).toEqual(["35 %", "42.5 %", "7 %"]);
    expect([keptPercent({ kept: 12, of: 48 }), keptPercent({ kept: 0, of: 0 })]).toEqual(["25.0 %", "0.0 %"]);
  });

  it("writes factors, and bounds with all their digits", () => {
    expect([factor(1.3712), factor(0.8), factor(2404.8)]).toEqual(["1.37×", "0.80×", "2,405×"]);
    expect([grouped(100_000), grouped(1e-6), grouped(2 ** 32 - 1)]).toEqual(["100,000", "0.000001", "4,294,967,295"]);
  });

  it("ends messages with a period", () => {
    expect([sentence("expected a number, got nothing"), sentence("Try again.")]).toEqual([
      "expected a number, got nothing.",
      "Try again.",
    ]);
  });

  it("writes bytes in decimal units", () => {
    expect([bytes(900), bytes(7_084_416), bytes(2.5e9)]).toEqual(["900 B", "7.08 MB", "2.50 GB"]);
    expect([999, 999_499, 999_500, 1.2e12, 1.2e15].map(bytes)).toEqual([
      ...["999 B", "999 kB", "1.00 MB", "1.20 TB", "1,200 TB"],
    ]);
  });

  it("writes times", () => {
    expect([duration(7.6), duration(200), duration(3900), duration(Infinity)]).toEqual([
      "8 s",
      "3 min 20 s",
      "1 h 05 min",
      "unknown",
    ]);
    expect([stepTime(0.841), stepTime(148.2), stepTime(1520)]).toEqual(["0.841 ms", "148 ms", "1.52 s"]);
  });

  it("writes perplexities and small differences", () => {
    expect([perplexityText(19.784), perplexityText(312.04), perplexityText(51_234)]).toEqual([
      "19.78",
      "312.0",
      "5.12e+4",
    ]);
    expect([loss(3.14159), nats(-0.25)]).toEqual(["3.142", "-0.250 nats"]);
    expect([significant(123.4, 2), significant(0.5, 4)]).toEqual(["120", "0.5"]);
    expect([99, 150.2, -99.6].map(small)).toEqual(["99", "150", "-100"]);
    expect([small(0), small(1.23e-6), small(0.034)]).toEqual(["0", "1.2e-6", "0.034"]);
  });
});

it("writes times as the reader's clock shows them", () => {
  expect(localMinutes(new Date(2026, 10, 9, 4, 5).toISOString())).toBe("2026-11-09 04:05");
});
