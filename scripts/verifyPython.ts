// npm run verify:python -- DIR ...: opens exports with transformers, onnxruntime and llama.cpp in its own Python environment (.venv) and compares them.
// Golden cases are first exported with their binary masks, other models after a short pruning. Exit code 1 if a check fails.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";
import type { Folder, OutputFile } from "../src/engine/index.ts";
import { UsageError } from "../src/cli/arguments/usageError.ts";
import { goldenCases } from "../src/engine/config/goldenCases.fixture.ts";
import { diskFolder } from "./diskFolder.ts";
import { ensurePython, run } from "./pythonEnvironment.ts";
import { hasLavapipe, lavapipeEnvironment } from "./test/hosts/lavapipe.ts";

const USAGE = `usage: npm run verify:python -- [DIR ...] [--golden] [--python PROGRAM]
  DIR       a folder with masked/, compact/, onnx/ or gguf/, as npm run prune writes it, also for several ratios;
            a golden case (golden/README.md), which is exported with its own masks;
            or a model (config.json and weights), which is first pruned for a few steps.
            Default: the embedded model, golden/opt350 and golden/phi
  --golden  the nine small golden cases, the tokenizers for GGUF and pruned GGUF models, in addition to any DIR
  --python  a Python that has the packages; by default they are installed into .venv (once)`;

const CACHE = ".cache/verify";
const GOLDEN_FILE = "golden.safetensors";
/** Small tokenizers of every kind, and the text whose tokens are compared. */
const TOKENIZERS = "golden/ggufTokenizers.json";
const HARD_TEXT = "scripts/verify_text.txt";
const GOLDEN = goldenCases();
/** Small enough that golden models store their weights beside model.onnx, as models above 2 GB do; the embedded model's are inside it. */
const GOLDEN_FILE_BYTES = 200_000;
/** The embedded model and the two families that differ most from it: norms after the branches, and parallel branches. */
const DEFAULT = ["public/model", "golden/opt350", "golden/phi"];
/** Exported once more with whole modules emptied. */
const WITHOUT_MODULES = "golden/llama";
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
  const target = await exportCaseTo(emptied(path), path, { fileLimitBytes: GOLDEN_FILE_BYTES });
  copyFileSync(join(path, GOLDEN_FILE), join(target, GOLDEN_FILE));
  return target;
}

/** Writes the forms of a golden case whose masks empty attention of block 1 and the MLP of block 2; returns the folder. */
const exportWithoutModules = (path: string): Promise<string> =>
  exportCaseTo(emptied(`${path}-without-modules`), path, { emptied: [6, 13] });

async function exportCaseTo(target: string, path: string, choice: object): Promise<string> {
  // through vite, because the engine imports some files as text, which Node cannot
  const { module } = await runnerImport<{
    exportCase(folder: Folder, choice: object): Promise<Record<string, OutputFile[]>>;
  }>("./src/engine/golden/exportCase.ts", { configFile: false, logLevel: "error" });
  for (const [form, files] of Object.entries(await module.exportCase(diskFolder(path), choice)))
    await writeFiles(join(target, form), files);
  return target;
}

/** Writes a GGUF file for each tokenizer of golden/ggufTokenizers.json; returns the folder, which has no other exports. */
async function exportTokenizers(): Promise<string> {
  const { module } = await runnerImport<{
    ggufOfTokenizer(tokenizer: object, text: string): Promise<OutputFile[]>;
  }>("./src/engine/golden/ggufTokenizers.ts", { configFile: false, logLevel: "error" });
  const target = emptied("tokenizers");
  const cases = JSON.parse(readFileSync(TOKENIZERS, "utf8")) as Record<string, object>;
  const text = readFileSync(HARD_TEXT, "utf8");
  for (const [name, tokenizer] of Object.entries(cases))
    await writeFiles(join(target, "tokenizers", name), await module.ggufOfTokenizer(tokenizer, text));
  return target;
}

/** Writes GGUF models and what became of them in their own files, pruned and quantised again; returns the folder, which has no other exports. */
async function exportRequantised(): Promise<string> {
  const { module } = await runnerImport<{
    requantised(plain: Folder, quantised: Folder): Promise<Record<string, OutputFile[]>>;
  }>("./src/engine/golden/requantised.ts", { configFile: false, logLevel: "error" });
  const target = emptied("requantised");
  const cases = await module.requantised(diskFolder("golden/llama"), diskFolder("golden/quantised"));
  for (const [name, files] of Object.entries(cases)) await writeFiles(join(target, "requantised", name), files);
  return target;
}

async function writeFiles(folder: string, files: readonly OutputFile[]): Promise<void> {
  for (const file of files) {
    const path = join(folder, file.name);
    mkdirSync(dirname(path), { recursive: true });
    const chunks: Uint8Array[] = [];
    for await (const chunk of file.stream()) chunks.push(chunk);
    writeFileSync(path, Buffer.concat(chunks));
  }
}

/** Prunes a model, so that there is a real receipt with logits from WebGPU; returns the folder. */
function exportModel(path: string): string {
  const target = emptied(path);
  const texts = ["--text", "public/text/sotu-train.txt", "--eval", "public/text/sotu-held.txt"];
  const { model_type: family } = JSON.parse(readFileSync(join(path, "config.json"), "utf8")) as { model_type?: string };
  // in F32, because llama.cpp rounds activations to the type of the weights: only F32 shows whether the file is exact
  const forms = family === "llama" ? ["--forms", "masked,compact,onnx,gguf,gguf-masked", "--gguf-type", "f32"] : [];
  // wgpu starts and computes faster than Chromium where Mesa's driver is there, as it is after npm test
  const [host, env] = hasLavapipe() ? ["wgpu", lavapipeEnvironment()] : ["chromium", process.env];
  const prune = (out: string, more: readonly string[]): void => {
    const args = ["prune", "--model", path, ...texts, "--out", join(target, out), "--host", host, ...more];
    const { status } = spawnSync(process.execPath, ["scripts/run.mjs", ...args], {
      ...{ stdio: ["ignore", "ignore", 2], env },
    });
    if (status !== 0) throw new Error(`${path} could not be pruned (see above)`);
  };
  prune("", [...SHORT_PRUNING, ...forms]);
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
  if (named.length === 0 || values.golden)
    folders.push(await exportTokenizers(), await exportRequantised(), await exportWithoutModules(WITHOUT_MODULES));
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
