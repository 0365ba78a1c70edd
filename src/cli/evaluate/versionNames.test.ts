// Names of the pruned versions of an evaluation.
import { basename } from "node:path";
import { expect, test } from "vitest";
import { shortestNames } from "./versionNames.ts";

test.each([
  [["out/masked"], ["masked"]],
  [
    ["a/masked", "b/compact"],
    ["masked", "compact"],
  ],
  [
    ["out/keep-0.5/masked", "out/keep-0.7/masked/"],
    ["keep-0.5/masked", "keep-0.7/masked"],
  ],
  [
    ["/x/a/masked", "/y/a/masked", "/y/b/masked"],
    ["x/a/masked", "y/a/masked", "b/masked"],
  ],
  [
    ["/masked", "/a/masked"],
    ["masked", "a/masked"],
  ],
])("%j are %j", (paths, names) => {
  expect(shortestNames(paths)).toEqual(names);
});

test("the folder of the command has its own name, and one that is given twice has it twice", () => {
  expect(shortestNames(["."])).toEqual([basename(process.cwd())]);
  const [first, second] = shortestNames(["a/masked", "./a/masked"]);
  expect(second).toBe(first);
});
