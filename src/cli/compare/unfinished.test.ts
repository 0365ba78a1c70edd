// An interrupted comparison continues after its finished runs, and only with its own options and runs.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { gateRun } from "../../engine/formats/runs/runs.fixture.ts";
import { UsageError } from "../arguments/usageError.ts";
import { readCompareArguments } from "./compareArguments.ts";
import { keyOf } from "./methods.ts";
import { Unfinished } from "./unfinished.ts";

const FILE = "golden/llama/golden.json"; // any file will do
const GIVEN = ["--model", "golden/llama", "--text", FILE, "--eval", FILE, "--methods", "disp,random", "--seeds", "1,2"];

let out = "";
let json = "";
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "espalier-compare-"));
  json = join(out, "compare.json");
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const given = (...more: string[]) => readCompareArguments([...GIVEN, "--out", out, ...more]);
const opened = (...more: string[]): Unfinished => new Unfinished(json, given(...more));

test("has the finished runs, in the order of the plan, and what is left", () => {
  const [first, second] = given().runs.map(keyOf);
  if (!first || !second) throw new Error("expected four runs");
  const begun = opened();
  expect(begun.hint()).toBe("No run was finished: the same command starts anew.");
  begun.add(second, gateRun("b"));
  expect(begun.hint()).toBe("1 of 4 runs is finished: the same command with --resume continues after them.");
  begun.add(first, gateRun("a"));
  expect(readdirSync(out)).toEqual(["compare.unfinished.json"]);
  const again = opened("--resume");
  expect(again.inOrder().map(({ run }) => run)).toEqual([gateRun("a"), gateRun("b")]);
  expect(again.hint()).toBe("2 of 4 runs are finished: the same command with --resume continues after them.");
  expect(again.get("other")).toBeUndefined();
  expect(opened("--resume", "--keep", "0.5,0.6").inOrder()).toHaveLength(2);
  again.remove();
  expect(existsSync(again.path)).toBe(false);
});

test("a run that could not be stored is not said to be, and what was stored stays", () => {
  const [first, second] = given().runs.map(keyOf);
  const begun = opened();
  begun.add(first ?? "", gateRun("a"));
  mkdirSync(`${begun.path}.part`);
  expect(() => begun.add(second ?? "", gateRun("b"))).toThrow(/EISDIR/);
  expect(begun.hint()).toMatch(/^1 of 4 runs is finished/);
  expect(begun.inOrder()).toHaveLength(2);
  rmSync(`${begun.path}.part`, { recursive: true });
  expect(opened("--resume").inOrder()).toHaveLength(1);
});

test("is refused by name where options or runs differ, nothing is there, or it would be replaced", () => {
  expect(() => opened("--resume")).toThrow(/--resume: expected .*compare\.unfinished\.json of an interrupted/);
  opened().add(given().runs.map(keyOf)[0] ?? "", gateRun("a"));
  expect(() => opened()).toThrow(/--out: expected no interrupted comparison, got .*Add --resume/);
  expect(() => opened("--resume", "--steps", "40")).toThrow(
    /--resume: --steps: expected 600, as in the interrupted comparison, got 40\. Repeat the command as it was/,
  );
  expect(() => opened("--resume", "--lora", "8")).toThrow(/--recover-matrices: expected out.* got all/);
  expect(() => opened("--resume", "--keep", "0.6")).toThrow(
    /expected "disp:full keep 0\.5 seed 1" among the runs of --methods, --keep and --seeds/,
  );
  writeFileSync(join(out, "compare.unfinished.json"), "{");
  expect(() => opened("--resume")).toThrow(UsageError);
  expect(() => opened("--resume")).toThrow(/compare\.unfinished\.json/);
});
