// Each npm start has a folder of its own, and removes those of processes that are gone.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freshFolder } from "./builtFolder.ts";

test("a running process keeps its folder, one that is gone does not", () => {
  const root = mkdtempSync(join(tmpdir(), "espalier-built-"));
  const gone = 2 ** 22 + 7; // above the largest process id of Linux
  for (const name of [String(process.pid), String(gone), "notes"]) mkdirSync(join(root, name));
  expect(freshFolder(root, gone + 1)).toBe(join(root, String(gone + 1)));
  expect(readdirSync(root).sort()).toEqual([String(process.pid), "notes"].sort());
  rmSync(root, { recursive: true });
});
