// The check of exported names finds planted ones: unused, used by tests only, and exported twice.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exportedNames } from "./exportedNames.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "names-"));
  mkdirSync(join(folder, "deep"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function found(files: Record<string, string>, configs: readonly string[] = []): string[] {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const findings = exportedNames(
    [folder],
    configs.map((name) => join(folder, name)),
  );
  return findings.map(
    ({ name, files: of, problem }) => `${name}: ${problem} (${of.map((file) => relative(folder, file)).join(", ")})`,
  );
}

test("names that other files import, by whatever way, are needed", () => {
  expect(
    found({
      "a.ts": "export const a = 1; export type B = string; export function c() {} export class D {} export enum E {}",
      "b.ts": 'import { a, type B as Renamed } from "./a.ts"; export { c as other } from "./a.ts";',
      "c.ts": 'import { other } from "./b.ts"; const worker = new URL("./deep/worker.ts", import.meta.url);',
      "d.ts": 'import type { D } from "./a.ts"; type X = import("./a.ts").E; import * as all from "./e.tsx";',
      "e.tsx": "export const { one, two: [three] } = given; export default three;",
      "deep/worker.ts": "export const loaded = 1;",
    }),
  ).toEqual([]);
});

test("a name that nobody imports is found, also where it is only passed on", () => {
  expect(
    found({
      "a.ts": "export const a = 1; export const b = a; export interface C {} const d = 1; export { d };",
      "index.ts": 'export { a } from "./a.ts"; export type { C as D } from "./a.ts";',
      "deep/b.ts": 'import { D } from "../index.ts"; import { a } from "a-package";',
    }),
  ).toEqual(["b: nobody imports it (a.ts)", "d: nobody imports it (a.ts)", "a: nobody imports it (index.ts)"]);
});

test("tests may import what its own file uses and test support, but code that only they run is found", () => {
  expect(
    found({
      "a.ts": "export const part = 1; export const sum = part + 1; export const onlyTested = 2;",
      "b.ts": 'import { sum } from "./a.ts";',
      "a.test.ts": 'import { part, onlyTested } from "./a.ts"; import { help } from "./a.fixture.ts";',
      "a.fixture.ts": "export const help = 1;",
    }),
  ).toEqual(["onlyTested: only tests use it (a.ts)"]);
});

test("a name that two files export is found, but not one that a file passes on", () => {
  expect(
    found({
      "a.ts": "export const a = 1; export const b = 2;",
      "b.ts": "export type a = string;",
      "index.ts": 'export { b } from "./a.ts";',
      "c.ts":
        'import { a, b as first } from "./a.ts"; import type { a as A } from "./b.ts"; import { b } from "./index.ts";',
    }),
  ).toEqual(["a: several files export it (a.ts, b.ts)"]);
});
