// The parts of npm test: what each is called, and the programs of node_modules that it runs.
import { join } from "node:path";
import { matcher } from "./matcher.ts";
import type { Part, TestArguments } from "./testArguments.ts";

/** Folder of the JSON reports, relative to the root of the project. */
export const REPORTS = ".cache/reports";
const VITEST = "node_modules/vitest/vitest.mjs";
const VITE_BUILD = ["node_modules/vite/bin/vite.js", "build", "--logLevel=error"];
const PLAYWRIGHT = ["node_modules/@playwright/test/cli.js", "test"];

/** Where a part writes how many tests passed and failed. */
export const report = (part: Part): string => join(REPORTS, `${part}.json`);
const vitest = (part: Part): string[] => [
  VITEST,
  "run",
  `--project=${part}*`, // "unit" has several projects
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report(part)}`,
];

/** For each part, what it is called, whether it needs a Chromium, and its programs, which run one after the other. */
export const PLAN: Record<Part, { title: string; browser?: boolean; programs: string[][] }> = {
  types: {
    title: "types: page, then engine",
    programs: [
      ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"],
      ["node_modules/typescript/bin/tsc", "-p", "src/engine/tsconfig.json"],
    ],
  },
  lint: {
    title: "lint: eslint, import cycles, exported names, packages",
    programs: [
      ["node_modules/eslint/bin/eslint.js", ".", "--max-warnings=0"],
      ["--import=tsx", "scripts/importCycles.ts", "src", "bench", "scripts", "e2e"],
      ["--import=tsx", "scripts/exportedNames.ts", "src", "bench", "scripts", "e2e"],
      ["--import=tsx", "scripts/test/dependencies.ts"],
    ],
  },
  format: { title: "format: prettier", programs: [["node_modules/prettier/bin/prettier.cjs", "--check", "."]] },
  unit: { title: "unit tests in Node", programs: [vitest("unit")] },
  gpu: { title: "GPU tests in Chromium", browser: true, programs: [vitest("gpu")] },
  dawn: {
    title: "kernels and golden cases on Dawn in Node",
    browser: true, // for its software driver
    programs: [["--import=tsx", "scripts/test/hosts/runHost.ts", "dawn"]],
  },
  wgpu: {
    title: "kernels and golden cases on wgpu in Deno",
    programs: [["--import=tsx", "scripts/test/hosts/runHost.ts", "wgpu"]],
  },
  matrices: {
    title: "matmuls with halves and on matrix units, on Dawn in Node",
    programs: [["--import=tsx", "scripts/test/hosts/runHost.ts", "matrices"]],
  },
  python: {
    title: "the Python package, exports in transformers and onnxruntime, tokenizers in Python's library",
    browser: true,
    programs: [
      ["--import=tsx", "scripts/testPython.ts"],
      ["scripts/run.mjs", "verify:python"],
      ["scripts/run.mjs", "verify:tokenizers"],
    ],
  },
  e2e: {
    title: "browser tests of the built studio",
    browser: true,
    programs: [VITE_BUILD, PLAYWRIGHT],
  },
};

/** The programs of a part: all of its tests, those of a pattern, or the same in watch mode. */
export function programsOf(part: Part, { pattern, watch }: TestArguments): string[][] {
  if (pattern === undefined) return watch ? [[VITEST, "watch", `--project=${part}*`]] : PLAN[part].programs;
  // Playwright compares --grep with the file's name below e2e/ and the test's name
  if (part === "e2e")
    return [VITE_BUILD, [...PLAYWRIGHT, "--no-deps", `--grep=${matcher(pattern.replace(/^e2e\//, "")).source}`]];
  return [["--import=tsx", "scripts/test/runMatching.ts", part, pattern, ...(watch ? ["--watch"] : [])]];
}
