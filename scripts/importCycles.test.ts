// Import cycles are found once each, and files without a cycle pass.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { importCycles } from "./importCycles.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cycles-"));
  mkdirSync(join(folder, "deep"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}
const found = (): string[][] => importCycles(folder).map((cycle) => cycle.map((file) => relative(folder, file)));

test("a diamond is no cycle", () => {
  write({
    "a.ts": 'import "./b.ts"; import "./c.ts";',
    "b.ts": 'import "./d.ts";',
    "c.ts": 'export * from "./d.ts";',
    "d.ts": 'import { x } from "a-package";',
  });
  expect(found()).toEqual([]);
});

test("a cycle through folders, types and re-exports is found once", () => {
  write({
    "a.ts": 'import type { B } from "./deep/b.tsx";',
    "deep/b.tsx": 'export { c } from "../c.ts";',
    "c.ts": 'const lazy = () => import("./a.ts");',
    "d.ts": 'import "./a.ts";',
  });
  expect(found()).toEqual([["a.ts", "deep/b.tsx", "c.ts", "a.ts"]]);
});

test("a file that imports itself", () => {
  write({ "a.ts": 'import "./a.ts";' });
  expect(found()).toEqual([["a.ts", "a.ts"]]);
});
