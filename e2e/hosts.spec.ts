// The command line on every host, on software adapters: the same masks, the same perplexity, and exports that pass their checks.
import { expect, test } from "@playwright/test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine } from "./support/commandLine.ts";

const TEXTS = ["--text", "public/text/sotu-train.txt", "--eval", "public/text/sotu-held.txt"];
const PRUNING = ["--keep", "0.6", "--steps", "6", "--tokens", "32", "--seed", "3"];
const MEASURED = ["--context", "128", "--eval-tokens", "640"];
/** The smallest golden case. */
const CASE = "golden/smollm3";
const HOSTS = [
  { host: "chromium", named: /^Chromium \d+, headless$/, adapter: /swiftshader/i },
  { host: "dawn", named: /^Dawn \(webgpu [\d.]+\) in Node \d+$/, adapter: /swiftshader/i },
  { host: "wgpu", named: /^wgpu in Deno [\d.]+$/, adapter: /^llvmpipe/ },
] as const;

let folder = "";
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "espalier-hosts-"));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Pruned {
  host: string;
  adapter: string;
  perplexity: { dense: number; pruned: number };
  forms: { form: string; ok: boolean; checkedBy: string; largestDifference: number; equalArgmax: number }[];
}

interface Receipt {
  host: string;
  adapter: string;
  masks: { vectors: string[] };
  checks: { form: string; runtime: string }[];
}

test("prune makes the same masks and checked exports on every host", () => {
  const runs = HOSTS.map(({ host, ...expected }) => {
    const out = join(folder, host);
    const given = ["--model", "golden/llama", ...TEXTS, "--out", out, ...PRUNING, ...MEASURED];
    const { code, out: line, err } = runCommandLine("prune", given, { host });
    expect(code, err).toBe(0);
    const receipt = JSON.parse(readFileSync(join(out, "onnx/receipt.json"), "utf8")) as Receipt;
    return { answer: JSON.parse(line) as Pruned, receipt, expected };
  });
  const [first] = runs;
  for (const { answer, receipt, expected } of runs) {
    expect(answer.host).toMatch(expected.named);
    expect(answer.adapter).toMatch(expected.adapter);
    expect([receipt.host, receipt.adapter]).toEqual([answer.host, answer.adapter]);
    expect(answer.forms.map(({ form, ok, equalArgmax }) => [form, ok, equalArgmax])).toEqual(
      ["masked", "compact", "onnx"].map((form) => [form, true, 1]),
    );
    expect(answer.forms[2]?.checkedBy).toMatch(/^onnxruntime-web \(wasm\) 1\./);
    expect(Math.max(...answer.forms.map(({ largestDifference }) => largestDifference))).toBeLessThan(1e-4);
    expect(receipt.masks).toEqual(first?.receipt.masks);
    for (const kind of ["dense", "pruned"] as const) {
      const difference = answer.perplexity[kind] / (first?.answer.perplexity[kind] ?? NaN) - 1;
      expect(Math.abs(difference), kind).toBeLessThan(1e-5);
    }
  }
});

test("parity agrees with PyTorch in Node", () => {
  const { code, out, err } = runCommandLine("parity", ["golden/llama"], { host: "dawn" });
  expect(code, err).toBe(0);
  const { host, checks } = JSON.parse(out) as { host: string; checks: Record<string, { ok: boolean }> };
  expect(host).toContain("Dawn");
  expect(Object.keys(checks).length).toBeGreaterThan(50);
  expect(Object.entries(checks).filter(([, { ok }]) => !ok)).toEqual([]);
});

test("auto takes Chromium where Dawn has only a software adapter, and says why", () => {
  const { code, out, err } = runCommandLine("parity", [CASE], { host: "auto" });
  expect(code, err).toBe(0);
  expect((JSON.parse(out) as { host: string }).host).toContain("Chromium");
  expect(err).toMatch(
    /^note: Dawn in Node found only a software adapter \(.*swiftshader.*\), so this runs in Chromium/im,
  );
});

test("without Dawn, --host dawn is refused with what to do, and auto takes Chromium", () => {
  const missing = { ESPALIER_DAWN: join(folder, "missing.node") };
  const refused = runCommandLine("parity", [CASE], { host: "dawn", env: missing });
  expect(refused.code).toBe(2);
  expect(refused.out).toBe("");
  expect(refused.err.trim().split("\n").at(-1)).toMatch(
    /^--host dawn: expected Dawn for .*Run npm ci.*--host chromium/,
  );
  const auto = runCommandLine("parity", [CASE], { host: "auto", env: missing });
  expect(auto.code).toBe(0);
  expect(auto.err).toMatch(/note: Dawn in Node cannot be used here \(Cannot find module/);
});

test("without a Vulkan driver, --host dawn is refused with what to do", () => {
  const none = { VK_DRIVER_FILES: join(folder, "none.json"), VK_ICD_FILENAMES: join(folder, "none.json") };
  const { code, err } = runCommandLine("parity", [CASE], { host: "dawn", env: none });
  expect(code).toBe(2);
  expect(err.trim().split("\n").at(-1)).toMatch(/^--host dawn: expected a GPU adapter, got none\. .*--host chromium/);
});

test("without an adapter, --host wgpu is refused with what to do", () => {
  const { code, err } = runCommandLine("parity", [CASE], { host: "wgpu", env: { DENO_WEBGPU_BACKEND: "none" } });
  expect(code).toBe(2);
  expect(err.trim().split("\n").at(-1)).toMatch(/^--host wgpu: expected a GPU adapter, got none\. .*--host chromium/);
});
