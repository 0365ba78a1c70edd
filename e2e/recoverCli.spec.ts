// Recovery on the command line: in comparisons, and what a receipt of a recovered model is refused for.
import { expect, test } from "@playwright/test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EndedCommand, runCommandLine } from "./support/commandLine.ts";
import { readRuns } from "../src/engine/formats/runs/readRun.ts";

const CASE = "golden/llama";
const EVAL = ["--eval", "public/text/sotu-held.txt"];
const TEXTS = ["--text", "public/text/sotu-train.txt", ...EVAL];
const REFIT = ["--refit-sequences", "32"];
const SHORT = ["--steps", "6", "--tokens", "32", "--context", "64", "--eval-tokens", "640"];

let folder = "";
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "espalier-recover-"));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (command: "prune" | "compare" | "evaluate", args: readonly string[]): EndedCommand =>
  runCommandLine(command, ["--model", CASE, ...args]);

test("compare recovers a pruning without making it again, and records it for the studio", () => {
  const out = join(folder, "compared");
  const methods = "disp,disp+recover:8,random+recover,sparsegpt:2:4,sparsegpt:2:4+recover";
  const given = ["--methods", methods, "--recover-steps", "4", "--sequences", "2", "--out", out];
  const { code, out: table, err } = run("compare", [...TEXTS, ...SHORT, ...given]);
  expect(code, err).toBe(0);
  expect(err).toMatch(/train .*run 1 of 5/);
  expect(err).not.toMatch(/train .*run [2-5] of 5/);
  expect(err).toMatch(/recover .*run 2 of 5/);

  const records = readRuns(readFileSync(join(out, "compare.json"), "utf8"), "compare.json").map(({ record }) => record);
  const [disp, recovered, sparse, sparseRecovered, random] = records;
  expect(records.map(({ recovery }) => recovery?.recipe?.steps)).toEqual([undefined, 8, undefined, 4, 4]);
  expect(recovered?.recovery?.prunedBefore).toBe(disp?.perplexity.pruned);
  expect(sparseRecovered?.recovery?.prunedBefore).toBe(sparse?.perplexity.pruned);
  expect(recovered?.kept).toEqual(disp?.kept);
  for (const record of [recovered, sparseRecovered, random])
    expect(record?.perplexity.pruned).toBeLessThan(record?.recovery?.prunedBefore ?? 0);
  const rows = ["disp+recover:8", "random+recover:4", "sparsegpt:2:4+recover:4"];
  for (const row of rows) expect(table).toContain(`\n${row} `);
});

test("compare refits a pruning, alone and before training, and --apply refuses the receipt of a refit", () => {
  const out = join(folder, "refitted");
  const methods = "disp,disp+refit,disp+refit+recover:4,dass:2:4,dass:2:4+refit";
  const { code, out: table, err } = run("compare", [...TEXTS, ...SHORT, "--methods", methods, "--out", out, ...REFIT]);
  expect(code, err).toBe(0);
  expect(err).toMatch(/refit .*run 2 of 5/);
  const records = readRuns(readFileSync(join(out, "compare.json"), "utf8"), "compare.json").map(({ record }) => record);
  const [disp, refitted, both, dass, dassRefitted] = records;
  expect(refitted?.recovery).toMatchObject({ refit: { matrices: "all" }, prunedBefore: disp?.perplexity.pruned });
  expect(refitted?.recovery).not.toHaveProperty("recipe");
  expect(both?.recovery).toMatchObject({ refit: { matrices: "all" }, recipe: { steps: 4 } });
  expect(refitted?.perplexity.pruned).toBeLessThan(disp?.perplexity.pruned ?? 0);
  expect(dassRefitted?.perplexity.pruned).toBeLessThan(dass?.perplexity.pruned ?? 0);
  expect(dassRefitted?.kept).toEqual(dass?.kept);
  for (const row of ["disp+refit", "disp+refit+recover:4", "dass:2:4+refit"]) expect(table).toContain(`\n${row} `);

  const pruned = join(folder, "refit");
  const given = ["--keep", "0.6", "--refit", ...REFIT, "--forms", "masked", "--out", pruned];
  const made = run("prune", [...TEXTS, ...SHORT, ...given]);
  expect(made.code, made.err).toBe(0);
  const answer = JSON.parse(made.out) as { refit: { undone: boolean; weightsSha256: string } };
  expect(answer.refit).toMatchObject({
    undone: false,
    weightsSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const applied = run("prune", ["--apply", join(pruned, "masked/receipt.json"), "--out", join(folder, "again")]);
  expect(applied.code).toBe(2);
  expect(applied.err).toMatch(
    /recovery: .*were refitted after pruning.*--refit --refit-matrices all --refit-sequences 32/,
  );
});

test("a receipt of a recovered model is refused by --apply and evaluate, which can read its exported files", () => {
  const out = join(folder, "pruned");
  const given = ["--keep", "0.6", "--recover", "8", "--recover-tokens", "32", "--forms", "masked", "--out", out];
  const pruned = run("prune", [...TEXTS, ...SHORT, ...given]);
  expect(pruned.code, pruned.err).toBe(0);
  const answer = JSON.parse(pruned.out) as { recovery: { undone: boolean }; perplexity: { pruned: number } };
  expect(answer.recovery.undone).toBe(false);

  const receipt = join(out, "masked/receipt.json");
  const refusal = /receipt\.json: recovery: .*a receipt does not contain them.*--recover 8 --recover-matrices out/;
  const applied = run("prune", ["--apply", receipt, "--out", join(folder, "again")]);
  expect(applied.code).toBe(2);
  expect(applied.out).toBe("");
  expect(applied.err).toMatch(refusal);

  const measured = [...EVAL, "--context", "64", "--eval-tokens", "640", "--tasks", "last-word", "--items", "20"];
  const refused = run("evaluate", [...measured, "--pruned", receipt]);
  expect(refused.code).toBe(2);
  expect(refused.out).toBe("");
  expect(refused.err).toMatch(refusal);

  const files = run("evaluate", [...measured, "--pruned", join(out, "masked")]);
  expect(files.code, files.err).toBe(0);
  const { models } = JSON.parse(files.out) as { models: { perplexity: { value: number } }[] };
  expect(Math.abs((models[1]?.perplexity.value ?? NaN) / answer.perplexity.pruned - 1)).toBeLessThan(1e-4);
});

test("adapters are beside the masked form, and the refusal of their receipt names the rank", () => {
  const out = join(folder, "adapters");
  const recovery = ["--recover", "8", "--recover-tokens", "32", "--lora", "4"];
  const pruned = run("prune", [
    ...TEXTS,
    ...SHORT,
    "--keep",
    "0.6",
    ...recovery,
    "--forms",
    "masked,compact",
    "--out",
    out,
  ]);
  expect(pruned.code, pruned.err).toBe(0);
  const { recovery: made, forms } = JSON.parse(pruned.out) as {
    recovery: { undone: boolean; recipe: object };
    forms: { ok: boolean }[];
  };
  expect(made).toMatchObject({ undone: false, recipe: { matrices: "all", rank: 4 } });
  expect(forms.map(({ ok }) => ok)).toEqual([true, true]);
  expect(readdirSync(join(out, "masked/lora")).sort()).toEqual([
    "README.md",
    "adapter_config.json",
    "adapter_model.safetensors",
  ]);
  expect(readdirSync(join(out, "compact"))).not.toContain("lora");
  const applied = run("prune", ["--apply", join(out, "masked/receipt.json"), "--out", join(folder, "again")]);
  expect(applied.code).toBe(2);
  expect(applied.err).toMatch(/receipt\.json: recovery: .*--recover 8 --lora 4 --recover-learning-rate/);
});
