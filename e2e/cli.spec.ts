// The command line: npm run prune, compare, evaluate and parity, with their JSON, exports and exit codes.
import { expect, test } from "@playwright/test";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine } from "./support/commandLine.ts";

const CASE = "golden/llama";
/** The smallest golden case. */
const PARITY_CASE = "golden/smollm3";
const TEXTS = ["--text", "public/text/moby-held.txt", "--eval", "public/text/sotu-held.txt"];

let folder = "";
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "espalier-e2e-"));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("prune writes checked exports and one line of JSON", () => {
  const out = join(folder, "pruned");
  const steps = [
    "--keep",
    "0.6",
    "--steps",
    "6",
    "--tokens",
    "32",
    "--seed",
    "3",
    "--context",
    "64",
    "--eval-tokens",
    "640",
  ];
  const { code, out: line, err } = runCommandLine("prune", ["--model", CASE, ...TEXTS, "--out", out, ...steps]);
  expect(err).toContain("train");
  expect(code).toBe(0);
  expect(line.trim().split("\n")).toHaveLength(1);
  const answer = JSON.parse(line) as {
    keptBlocks: number;
    perplexity: { dense: number; pruned: number; tokens: number };
    seconds: number;
    forms: {
      form: string;
      ok: boolean;
      dtype: string;
      checkedBy: string;
      largestDifference: number;
      equalArgmax: number;
    }[];
  };
  expect(answer.keptBlocks).toBeLessThanOrEqual(0.6);
  expect(answer.keptBlocks).toBeGreaterThan(0.595);
  expect(answer.perplexity.tokens).toBe(640);
  expect(answer.perplexity.dense).toBeGreaterThan(5);
  expect(answer.perplexity.pruned).toBeGreaterThan(answer.perplexity.dense);
  expect(answer.forms.map(({ form, ok, dtype, equalArgmax }) => [form, ok, dtype, equalArgmax])).toEqual([
    ["masked", true, "F32", 1],
    ["compact", true, "F32", 1],
    ["onnx", true, "F32", 1],
  ]);
  expect(answer.forms.map(({ checkedBy }) => checkedBy.replace(/ [\d.]+$/, ""))).toEqual([
    "Espalier engine (WebGPU)",
    "Espalier engine (WebGPU)",
    "onnxruntime-web (wasm)",
  ]);
  expect(Math.max(...answer.forms.map(({ largestDifference }) => largestDifference))).toBeLessThan(1e-4);
  const receipt = JSON.parse(readFileSync(join(out, "compact/receipt.json"), "utf8")) as {
    recipe: { seed: number };
    trainedSteps: number;
  };
  expect([receipt.recipe.seed, receipt.trainedSteps]).toEqual([3, 6]);
  for (const file of ["config.json", "model.safetensors", "tokenizer.json", "README.md"]) {
    expect(existsSync(join(out, "masked", file)), file).toBe(true);
  }
  expect(readdirSync(out).sort()).toEqual(["compact", "masked", "onnx"]);
  expect(existsSync(join(out, "onnx/onnx/model.onnx"))).toBe(true);
});

test("prune trains once for several ratios and exports each, and all as one model", () => {
  const out = join(folder, "ratios");
  const given = ["--ratios", "0.7,0.5", "--nested", "--steps", "6", "--tokens", "32", "--seed", "3"];
  const measured = ["--context", "64", "--eval-tokens", "640"];
  const {
    code,
    out: line,
    err,
  } = runCommandLine("prune", ["--model", CASE, ...TEXTS, "--out", out, ...given, ...measured]);
  expect(err).toContain("keep 0.7");
  expect(code).toBe(0);
  expect(line.trim().split("\n")).toHaveLength(1);
  const answer = JSON.parse(line) as {
    recipe: { ratioMode: string };
    ratios: { keep: number; keptBlocks: number; perplexity: { pruned: number }; forms: { ok: boolean }[] }[];
    nestedness: { broken: number; of: number; share: number };
    nested: { ok: boolean; ratios: { keep: number; largestDifference: number; perplexity: { pruned: number } }[] };
  };
  expect(answer.recipe.ratioMode).toBe("every");
  expect(answer.ratios.map(({ keep, forms }) => [keep, forms.map(({ ok }) => ok)])).toEqual([
    [0.5, [true, true, true]],
    [0.7, [true, true, true]],
  ]);
  for (const { keep, keptBlocks } of answer.ratios) {
    expect(keptBlocks).toBeLessThanOrEqual(keep);
    expect(keptBlocks).toBeGreaterThan(keep - 0.005);
  }
  const { broken, of, share } = answer.nestedness;
  expect(of).toBeGreaterThan(500);
  expect(share).toBe(broken / of);
  expect(readdirSync(out).sort()).toEqual(["keep-0.5", "keep-0.7", "nested"]);
  expect(readdirSync(join(out, "keep-0.7")).sort()).toEqual(["compact", "masked", "onnx"]);
  const { nested } = answer;
  expect([nested.ok, nested.ratios.map(({ keep }) => keep)]).toEqual([true, [0.5, 0.7]]);
  expect(Math.max(...nested.ratios.map(({ largestDifference }) => largestDifference))).toBeLessThan(1e-4);
  expect(nested.ratios[1]?.perplexity).toEqual(answer.ratios[1]?.perplexity);
  const lists = JSON.parse(readFileSync(join(out, "nested/nested.json"), "utf8")) as { ratios: { name: string }[] };
  expect(lists.ratios.map(({ name }) => name)).toEqual(["keep-0.50", "keep-0.70"]);
  expect(existsSync(join(out, "nested/nested.safetensors"))).toBe(true);
  const receipt = JSON.parse(readFileSync(join(out, "keep-0.7/compact/receipt.json"), "utf8")) as {
    recipe: { keep: number; ratioMode: string };
    target: { value: number };
  };
  expect([receipt.recipe.keep, receipt.recipe.ratioMode, receipt.target.value]).toEqual([0.7, "every", 0.7]);
});

test("a receipt is applied again in another dtype and in shards, in place of the export before", () => {
  const [out, receiptFile] = [join(folder, "pruned"), join(folder, "receipt.json")];
  cpSync(join(out, "compact/receipt.json"), receiptFile);
  const apply = ["--apply", receiptFile, "--model", CASE, "--out", out, "--dtype", "f16", "--shard-mb", "1"];
  const { code, out: line } = runCommandLine("prune", apply);
  expect(code).toBe(0);
  const { forms } = JSON.parse(line) as { forms: { form: string; ok: boolean; dtype: string }[] };
  expect(forms.map(({ form, ok, dtype }) => [form, ok, dtype])).toEqual([
    ["masked", true, "F16"],
    ["compact", true, "F16"],
    ["onnx", true, "F16"],
  ]);
  const receipt = JSON.parse(readFileSync(join(out, "onnx/receipt.json"), "utf8")) as {
    model: { dtype: string };
    checks: { form: string; dtype: string; runtime: string }[];
  };
  expect(receipt.model.dtype).toBe("F32");
  expect(receipt.checks.map(({ dtype }) => dtype)).toEqual(["F16", "F16", "F16"]);
  expect(receipt.checks[2]?.runtime).toBe("onnxruntime-web (wasm)");

  writeFileSync(join(out, "masked/notes.txt"), "my own");
  const refused = runCommandLine("prune", apply);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain("contains notes.txt");
  expect(existsSync(join(out, "masked/model.safetensors"))).toBe(true);
});

test("prune zeroes single weights by a method and a pattern, and its receipt gives the same export again", () => {
  const out = join(folder, "zeroed");
  const given = ["--method", "wanda", "--pattern", "2:4", "--sequences", "4", "--tokens", "32"];
  const measured = ["--context", "64", "--eval-tokens", "640"];
  const {
    code,
    out: line,
    err,
  } = runCommandLine("prune", ["--model", CASE, ...TEXTS, "--out", out, ...given, ...measured]);
  expect(err).toContain("prune");
  expect(code).toBe(0);
  const answer = JSON.parse(line) as {
    keptMlp: number;
    perplexity: { dense: number; pruned: number };
    forms: { ok: boolean }[];
  };
  expect(answer.keptMlp).toBe(0.5);
  expect(answer.perplexity.pruned).toBeGreaterThan(answer.perplexity.dense);
  expect(answer.forms.map(({ ok }) => ok)).toEqual([true]);

  const again = join(folder, "zeroed-again");
  const receipt = join(out, "masked/receipt.json");
  const applied = runCommandLine("prune", ["--apply", receipt, "--model", CASE, "--out", again, "--forms", "masked"]);
  expect(applied.code).toBe(0);
  const weights = (path: string): Buffer => readFileSync(join(path, "masked/model.safetensors"));
  expect(weights(again).equals(weights(out))).toBe(true);
});

test("compare prints a table, and writes runs that the studio reads and a chart", () => {
  const out = join(folder, "compared");
  const given = [
    "--methods",
    "disp,every,random,uniform-magnitude,wanda:2:4,dass",
    "--keep",
    "0.8,0.6",
    "--steps",
    "3",
  ];
  const measured = ["--tokens", "32", "--sequences", "2", "--context", "64", "--eval-tokens", "640", "--out", out];
  const { code, out: table, err } = runCommandLine("compare", ["--model", CASE, ...TEXTS, ...given, ...measured]);
  expect(err).toContain("run 9 of 11");
  expect(code).toBe(0);
  for (const word of ["dense", "disp", "every", "random", "uniform-magnitude", "2:4", "dass", "sotu-held.txt", "640"])
    expect(table).toContain(word);
  const runs = JSON.parse(readFileSync(join(out, "compare.json"), "utf8")) as {
    record: { made: { kind: string }; kept: { blockWeights: { kept: number; of: number } } };
    masks: { kind: string };
    history?: { count: number; readings: object[] };
  }[];
  expect(runs).toHaveLength(11);
  for (const { record, masks, history } of runs) {
    const { kept, of } = record.kept.blockWeights;
    const curves = record.made.kind === "disp" ? { count: 3, readings: [{ step: 3 }] } : {};
    expect(history ?? {}).toMatchObject(curves);
    expect(masks.kind).toBe(record.made.kind === "weights" ? "weights" : "gates");
    expect(kept / of).toBeLessThanOrEqual(0.81);
  }
  expect(readFileSync(join(out, "compare.svg"), "utf8")).toMatch(/^<svg[\s\S]*perplexity[\s\S]*<\/svg>\s*$/);
  const refused = runCommandLine("compare", [
    "--model",
    CASE,
    ...TEXTS,
    "--methods",
    "random",
    "--keep",
    "0.5",
    "--out",
    out,
  ]);
  expect(refused.code).toBe(2);
  expect(refused.err).toMatch(/random.*disp/);
});

test("evaluate scores the model and a receipt's masks on task files and on tasks made from the text", () => {
  const out = join(folder, "evaluated");
  const short = ["--steps", "2", "--tokens", "32", "--context", "64", "--eval-tokens", "640", "--forms", "masked"];
  expect(runCommandLine("prune", ["--model", CASE, ...TEXTS, ...short, "--keep", "0.9", "--out", out]).code).toBe(0);
  const tasks = ["--tasks", `${CASE}/choices.jsonl`, "--tasks", `${CASE}/pairs.jsonl`, "--tasks", "last-word"];
  const measured = ["--eval", TEXTS[3] ?? "", "--context", "64", "--eval-tokens", "640", "--items", "20"];
  const versions = ["--pruned", join(out, "masked/receipt.json"), "--pruned", join(out, "masked")];
  const { code, out: line, err } = runCommandLine("evaluate", ["--model", CASE, ...measured, ...tasks, ...versions]);
  expect(code).toBe(0);
  const { models } = JSON.parse(line) as {
    models: {
      name: string;
      perplexity: { value: number; tokens: number };
      agreement: { same: number; kl: number; tokens: number } | null;
      tasks: { task: string; items: number; acc: { value: number }; right: boolean[]; difference?: object }[];
    }[];
  };
  const [dense, cut, masked] = models;
  expect(models).toHaveLength(3);
  expect(dense?.tasks.map(({ task, items }) => [task, items])).toEqual([
    ["choices", 8],
    ["pairs", 6],
    ["last-word", 20],
  ]);
  expect(dense?.agreement).toBeNull();
  expect(cut?.agreement?.tokens).toBe(640);
  expect(cut?.agreement?.same).toBeLessThan(640);
  expect(cut?.agreement?.kl).toBeGreaterThan(0);
  expect(cut?.tasks.every(({ difference }) => difference !== undefined)).toBe(true);
  // the masks applied to the model, and the weights that were exported with them, are the same model
  expect(Math.abs((masked?.perplexity.value ?? NaN) / (cut?.perplexity.value ?? NaN) - 1)).toBeLessThan(1e-4);
  expect(err).toMatch(/choices acc by length +12\.5 % ± 12\.5/);
  const refused = runCommandLine("evaluate", ["--model", CASE, ...measured, "--tasks", `${CASE}/config.json`]);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain("config.json, line 1: expected JSON, got text that does not parse");
});

test("bad arguments and unreadable models end with one line and exit code 2", () => {
  const unreadable = join(folder, "unreadable");
  cpSync(CASE, unreadable, { recursive: true });
  writeFileSync(join(unreadable, "config.json"), JSON.stringify({ model_type: "mamba" }));
  const attempts: [string[], RegExp][] = [
    [["--model", CASE], /--eval: expected a value, got none/],
    [["--model", CASE, ...TEXTS, "--out", folder, "--keep", "1.5"], /keep: expected a number from 0.05 to 1, got 1.5/],
    [
      ["--model", CASE, ...TEXTS, "--out", folder, "--ratios", "0.5,0.5"],
      /--ratios: expected each ratio once, got 0\.5 twice/,
    ],
    [["--model", "golden/opt", ...TEXTS, "--out", folder, "--method", "dass"], /DaSS is defined for GLU variants/],
    [["--model", unreadable, ...TEXTS, "--out", folder], /model_type: expected one of llama.*, got "mamba"/],
  ];
  for (const [args, reason] of attempts) {
    const { code, out, err } = runCommandLine("prune", args);
    expect(code, args.join(" ")).toBe(2);
    expect(out).toBe("");
    expect(err.trim().split("\n").at(-1)).toMatch(reason);
  }
});

test("parity exits 0, 1 and 2 for a case that agrees, differs and cannot be read", () => {
  const differs = join(folder, "differs");
  cpSync(PARITY_CASE, differs, { recursive: true });
  const golden = JSON.parse(readFileSync(join(differs, "golden.json"), "utf8")) as { loss: number };
  writeFileSync(join(differs, "golden.json"), JSON.stringify({ ...golden, loss: golden.loss + 0.01 }));

  const agreed = runCommandLine("parity", [PARITY_CASE]);
  expect(agreed.code).toBe(0);
  const report = JSON.parse(agreed.out) as {
    case: string;
    checks: Record<string, { ok: boolean; worst: number; limit: number }>;
  };
  expect(report.case).toBe("smollm3");
  expect(Object.values(report.checks).every(({ ok, worst, limit }) => ok && worst <= limit)).toBe(true);

  const different = runCommandLine("parity", [differs]);
  expect(different.code).toBe(1);
  const { checks } = JSON.parse(different.out) as typeof report;
  expect(Object.entries(checks).flatMap(([name, { ok }]) => (ok ? [] : [name]))).toEqual(["loss"]);
  expect(different.err).toContain("FAIL loss");

  rmSync(join(differs, "golden.safetensors"));
  const missing = runCommandLine("parity", [differs]);
  expect(missing.code).toBe(2);
  expect(missing.err).toContain("golden.safetensors");
});
