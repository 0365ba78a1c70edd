// The arguments of npm test: parts alone, one part with a pattern, watch mode, and what is refused.
import { describe, expect, it, test } from "vitest";
import { isPath, matcher } from "./matcher.ts";
import { TEST_PARTS, readTestArguments } from "./testArguments.ts";

const read = (line: string): unknown => readTestArguments(line.split(" ").filter((word) => word !== ""));

describe("npm test", () => {
  it("runs all parts, or those that are named, in their own order", () => {
    expect(read("")).toEqual({ parts: TEST_PARTS, watch: false });
    expect(read("gpu unit")).toEqual({ parts: ["unit", "gpu"], watch: false });
    expect(read("unit format")).toEqual({ parts: ["format", "unit"], watch: false });
  });

  it("takes one pattern after the part", () => {
    expect(read("unit shared/format")).toEqual({ parts: ["unit"], pattern: "shared/format", watch: false });
    expect(read("gpu rmsnorm --watch")).toEqual({ parts: ["gpu"], pattern: "rmsnorm", watch: true });
    expect(read("e2e studio")).toEqual({ parts: ["e2e"], pattern: "studio", watch: false });
    expect(readTestArguments(["unit", "sorts the ratios"])).toMatchObject({ pattern: "sorts the ratios" });
  });

  it("watches all tests of one part", () => {
    expect(read("unit --watch")).toEqual({ parts: ["unit"], watch: true });
    expect(read("--watch gpu")).toEqual({ parts: ["gpu"], watch: true });
  });

  it.each([
    ["units", 'expected one of types, lint, format, unit, gpu, dawn, wgpu, matrices, python, e2e, got "units"'],
    ["rmsnorm gpu", 'got "rmsnorm"'],
    ["unit a b", 'expected one pattern, got "a", "b"; quote a pattern with spaces'],
    ["unit gpu linear", 'expected one of unit, gpu, e2e before the pattern "linear", got "unit gpu"'],
    ["types linear", 'expected one of unit, gpu, e2e before the pattern "linear", got "types"'],
    ["--watch", 'expected one of unit, gpu with --watch, got ""'],
    ["e2e --watch", 'expected one of unit, gpu with --watch, got "e2e"'],
    ["unit gpu --watch", 'expected one of unit, gpu with --watch, got "unit gpu"'],
    ["unit --ui", 'expected --watch or no option, got "--ui"'],
  ])("refuses %s", (line, message) => {
    expect(() => read(line)).toThrow(message);
  });
});

test("a pattern matches as it is typed, in either case", () => {
  const matches = (pattern: string, text: string): boolean => matcher(pattern).test(text);
  expect(matches("rmsnorm", "src/engine/ops/rmsNorm.ref.ts")).toBe(true);
  expect(matches("q|k|v (a.b)", "packs Q|K|V (A.B)")).toBe(true);
  expect(matches("a.b", "axb")).toBe(false);
  expect(matches("rmsnorm zeros", "'rmsnorm' zeros")).toBe(true);
  expect(matches("[2:4] \\d^$*+?{}", "keeps [2:4] \\d^$*+?{}")).toBe(true);
});

test("a slash or the ending of a file says that a pattern is a path", () => {
  expect(["ops/linear", "linear.gpu.test.ts", "linear"].map(isPath)).toEqual([true, true, false]);
});
