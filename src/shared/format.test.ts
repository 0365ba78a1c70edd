// Numbers read as people expect them.
import { describe, expect, it } from "vitest";
import {
  bytes,
  duration,
  loss,
  nats,
  percent,
  perplexityText,
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
  });

  it("writes bytes in decimal units", () => {
    expect([bytes(900), bytes(7_084_416), bytes(2.5e9)]).toEqual(["900 B", "7.08 MB", "2.50 GB"]);
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
    expect([small(0), small(1.23e-6), small(0.034)]).toEqual(["0", "1.2e-6", "0.034"]);
  });
});
