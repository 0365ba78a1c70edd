// The backward of every reference, compared with finite differences of its forward.
import { describe, expect, test } from "vitest";
import { ops } from "../registry/index.ts";

describe.each(ops.filter((op) => op.differentiable))("$name", (op) => {
  test.each(op.cases)("%s", (name) => {
    const checks = op.finiteDifferences(name);
    expect(checks.length).toBeGreaterThan(0);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
  });
});
