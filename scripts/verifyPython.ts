// npm run verify:python -- DIR ...: opens exports with transformers and onnxruntime in its own Python environment (.venv) and compares them.
// Golden cases are first exported with their binary masks, other models after a short pruning. Exit code 1 if a check fails.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";
import type { Folder, OutputFile } from "../src/engine/index.ts";
import { UsageError } from "../src/cli/arguments/usageError.ts";
import { diskFolder } from "./diskFolder.ts";
import { ensurePython, run } from "./pythonEnvironment.ts";

const USAGE = `usage: npm run verify:python -- [DIR ...] [--golden] [--python PROGRAM]
  DIR       a folder with masked/, compact/ or onnx/, as npm run prune writes it, also for several ratios;
            a golden case (golden/README.md), which is exported with its own masks;
            or a model (config.json and weights), which is first pruned for a few steps.
            Default: the embedded model, golden/opt350 and golden/phi
  --golden  the nine small golden cases, in addition to any DIR
  --python  a Python that has the packages; by default they are installed into .venv (once)`;

const CACHE = ".cache/verify";
const GOLDEN_FILE = "golden.safetensors";
const GOLDEN = ["gemma", "llama", "llama3", "mistral", "opt", "opt350", "phi", "qwen2", "qwen3"];
/** Small enough that golden models store their weights beside model.onnx, as models above 2 GB do; the embedded model's are inside it. */
const GOLDEN_FILE_BYTES = 200_000;
/** The embedded model and the two families that differ most from it: norms after the branches, and parallel branches. */
const DEFAULT = ["public/model", "golden/opt350", "golden/phi"];
/** A pruning with and without a low-rank recovery, for peft; both have the same masks. */
const LOW_RANK = ["--keep", "0.6", "--steps", "4", "--tokens", "32", "--context", "64", "--eval-tokens", "256"];
const RECOVERY = ["--recover", "12", "--recover-tokens", "32", "--lora", "6"];
/** Enough for masks that differ in every block; their quality does not matter here. */
const SHORT_PRUNING = [
  "--ratios",
  "0.5,0.7",
  "--nested",
  "--steps",
  "4",
  "--tokens",
  "32",
  "--context",
  "64",
  "--eval-tokens",
  "256",
];

/** Writes the forms of a golden case and PyTorch's numbers into the cache; returns the folder. */
async function exportGolden(path: string): Promise<string> {
  // through vite, because the engine imports some files as text, which Node cannot
  const { module } = await runnerImport<{
    exportCase(folder: Folder, fileLimitBytes: number): Promise<Record<string, OutputFile[]>>;
  }>("./src/engine/golden/exportCase.ts", { configFile: false, logLevel: "error" });
  const target = emptied(path);
  for (const [form, files] of Object.entries(await module.exportCase(diskFolder(path), GOLDEN_FILE_BYTES))) {
    for (const file of files) {
      const written = join(target, form, file.name);
      mkdirSync(dirname(written), { recursive: true });
      const chunks: Uint8Array[] = [];
      for await (const chunk of file.stream()) chunks.push(chunk);
      writeFileSync(written, Buffer.concat(chunks));
    }
  }
  copyFileSync(join(path, GOLDEN_FILE), join(target, GOLDEN_FILE));
  return target;
}

/** Prunes a model in Chromium, so that there is a real receipt with logits from WebGPU; returns the folder. */
function exportModel(path: string): string {
  const target = emptied(path);
  const texts = ["--text", "public/text/sotu-train.txt", "--eval", "public/text/sotu-held.txt"];
  const prune = (out: string, more: readonly string[]): void => {
    const args = ["prune", "--model", path, ...texts, "--out", join(target, out), "--host", "chromium", ...more];
    const { status } = spawnSync(process.execPath, ["scripts/run.mjs", ...args], { stdio: ["ignore", "ignore", 2] });
    if (status !== 0) throw new Error(`${path} could not be pruned (see above)`);
  };
  prune("", SHORT_PRUNING);
  prune("low-rank/before", [...LOW_RANK, "--forms", "masked"]);
  prune("low-rank/recovered", [...LOW_RANK, ...RECOVERY, "--forms", "masked"]);
  return target;
}

/** An empty folder in the cache for the exports of a model, named after its path: golden-phi. */
function emptied(path: string): string {
  const target = join(
    CACHE,
    path
      .split(/[^\w.-]+/)
      .filter(Boolean)
      .join("-"),
  );
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  return target;
}

async function exportOf(path: string): Promise<string> {
  if (existsSync(join(path, GOLDEN_FILE)) && existsSync(join(path, "config.json"))) return exportGolden(path);
  return existsSync(join(path, "config.json")) ? exportModel(path) : path;
}

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { golden: { type: "boolean" }, python: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const missing = positionals.find((path) => !existsSync(path));
  if (missing !== undefined) throw new UsageError(`${missing}: expected a folder, got none\n${USAGE}`);
  const golden = values.golden ? GOLDEN.map((name) => `golden/${name}`) : [];
  const named = [...new Set([...positionals, ...golden])];
  const paths = named.length > 0 ? named : DEFAULT;

  const python = values.python ?? ensurePython();
  const folders: string[] = [];
  for (const path of paths) folders.push(await exportOf(path));
  const report = process.env["ESPALIER_REPORT"];
  const counts = report === undefined ? [] : ["--report", report];
  // disables downloads from the hub, and caches the classes of an export here instead of in the home folder
  const env = { ...process.env, HF_HUB_OFFLINE: "1", HF_MODULES_CACHE: join(process.cwd(), CACHE, "modules") };
  rmSync(env.HF_MODULES_CACHE, { recursive: true, force: true });
  return run(python, ["scripts/verify_python.py", ...folders, ...counts], env);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
