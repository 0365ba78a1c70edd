// npm test: types, lint, formatting, unit and GPU tests, the same kernels on Dawn and wgpu, Python checks and browser tests in this order; stops at the first part that fails.
// testArguments.ts says what its arguments mean. The last line is the total, "N passed, N failed", of the tests that ran.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureChromium } from "../chromium/ensureChromium.ts";
import { type Counts, readCounts } from "./counts.ts";
import { matcher } from "./matcher.ts";
import { type Part, readTestArguments, TEST_USAGE, type TestArguments } from "./testArguments.ts";

const REPORTS = ".cache/reports";
const VITEST = "node_modules/vitest/vitest.mjs";
const VITE_BUILD = ["node_modules/vite/bin/vite.js", "build", "--logLevel=error"];
const PLAYWRIGHT = ["node_modules/@playwright/test/cli.js", "test"];

const report = (part: Part): string => join(REPORTS, `${part}.json`);
const vitest = (part: Part): string[] => [
  VITEST,
  "run",
  `--project=${part}`,
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report(part)}`,
];

/** For each part, what it is called and the programs of node_modules that it runs one after the other. */
const PLAN: Record<Part, { title: string; browser?: boolean; programs: string[][] }> = {
  types: {
    title: "types: page, then engine",
    programs: [
      ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"],
      ["node_modules/typescript/bin/tsc", "-p", "src/engine/tsconfig.json"],
    ],
  },
  lint: {
    title: "lint: eslint, import cycles, exported names",
    programs: [
      ["node_modules/eslint/bin/eslint.js", ".", "--max-warnings=0"],
      ["--import=tsx", "scripts/importCycles.ts", "src", "bench", "scripts", "e2e"],
      ["--import=tsx", "scripts/exportedNames.ts", "src", "bench", "scripts", "e2e"],
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
  python: {
    title: "exports in transformers and onnxruntime, tokenizers in Python's library",
    browser: true,
    programs: [
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

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** The programs of a part: all of its tests, those of a pattern, or the same in watch mode. */
function programsOf(part: Part, { pattern, watch }: TestArguments): string[][] {
  if (pattern === undefined) return watch ? [[VITEST, "watch", `--project=${part}`]] : PLAN[part].programs;
  // Playwright compares --grep with the file's name below e2e/ and the test's name
  if (part === "e2e") return [VITE_BUILD, [...PLAYWRIGHT, `--grep=${matcher(pattern.replace(/^e2e\//, "")).source}`]];
  return [["--import=tsx", "scripts/test/runMatching.ts", part, pattern, ...(watch ? ["--watch"] : [])]];
}

function run(part: Part, given: TestArguments): { ok: boolean; counts: Counts } {
  rmSync(report(part), { force: true });
  const env = { ...process.env, ESPALIER_REPORT: report(part) };
  const ok = programsOf(part, given).every(
    (args) => spawnSync(process.execPath, args, { stdio: "inherit", env }).status === 0,
  );
  const counts = existsSync(report(part)) ? readCounts(readFileSync(report(part), "utf8")) : { passed: 0, failed: 0 };
  return { ok: ok && counts.failed === 0, counts };
}

function main(given: TestArguments): void {
  mkdirSync(REPORTS, { recursive: true });
  if (given.parts.some((part) => PLAN[part].browser)) console.log(`Browser: ${ensureChromium()}`);
  const start = performance.now();
  let passed = 0;
  let failed = 0;
  for (const part of given.parts) {
    const began = performance.now();
    console.log(`\n=== ${PLAN[part].title}${given.pattern === undefined ? "" : `: ${given.pattern}`}`);
    const { ok, counts } = run(part, given);
    console.log(`--- ${part} ${ok ? "ok" : "FAILED"} in ${seconds(began)}`);
    passed += counts.passed;
    failed += counts.failed;
    if (!ok) {
      // a part that fails without a failing test (types, lint, a crash, no match) must not read as "0 failed"
      failed = Math.max(failed, 1);
      break;
    }
  }
  console.log(`\n${seconds(start)} in total`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

const words = process.argv.slice(2);
if (words.includes("--help")) {
  console.log(TEST_USAGE);
} else {
  try {
    main(readTestArguments(words));
  } catch (error) {
    console.error(`npm test: ${error instanceof Error ? error.message : String(error)}\n${TEST_USAGE}`);
    process.exitCode = 2;
  }
}
