// npm run verify:python -- DIR ...: opens exports with transformers and onnxruntime, in a Python environment of its own (.venv), and compares
// them. Golden cases are exported first by their binary masks, other models by a short pruning. Exit code 1 if a check fails.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";
import type { Folder, OutputFile } from "../src/engine/index.ts";
import { diskFolder } from "./diskFolder.ts";

const USAGE = `usage: npm run verify:python -- [DIR ...] [--golden] [--python PROGRAM]
  DIR       a folder with masked/, compact/ and onnx/, or some of them, as npm run prune writes it, also for several ratios;
            a golden case (golden/README.md), which is exported with its own masks;
            or a model (config.json and weights), which is pruned for a few steps first
            without any: the embedded model, golden/opt350 and golden/phi
  --golden  the nine small golden cases, besides any DIR
  --python  a Python that has the packages; without it they are installed into .venv (once)`;

const PACKAGES = ["torch==2.13.0", "transformers==5.23.0", "safetensors==0.8.0", "onnx==1.23.2", "onnxruntime==1.32.0"];
const ENVIRONMENT = ".venv";
/** Lies in the environment once everything is installed, and says what. */
const INSTALLED = join(ENVIRONMENT, "espalier-packages.txt");
const CACHE = ".cache/verify";
const GOLDEN_FILE = "golden.safetensors";
const GOLDEN = ["gemma", "llama", "llama3", "mistral", "opt", "opt350", "phi", "qwen2", "qwen3"];
/** So little that the golden models' weights lie beside model.onnx, as those above 2 GB do; the embedded model's lie in it. */
const GOLDEN_FILE_BYTES = 200_000;
/** The embedded model and two families that differ most from it: norms behind the branches, and branches side by side. */
const DEFAULT = ["public/model", "golden/opt350", "golden/phi"];
/** Enough for masks that differ in every block; how good they are does not matter here. */
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

class UsageError extends Error {}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  const { status, error } = spawnSync(program, args, { stdio: "inherit", env });
  if (error) throw new UsageError(`${program} could not be started (${error.message})`);
  return status ?? 1;
}

/** The environment's Python; makes it and installs PACKAGES where that has not been done. */
function ensurePython(): string {
  const program = join(ENVIRONMENT, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const wanted = `${PACKAGES.join("\n")}\n`;
  if (existsSync(program) && existsSync(INSTALLED) && readFileSync(INSTALLED, "utf8") === wanted) return program;
  if (!existsSync(program)) {
    const found = ["python3", "python"].find((name) => spawnSync(name, ["-c", "import venv"]).status === 0);
    if (!found) throw new UsageError("no Python was found: install Python 3.10 or newer, or name one with --python");
    if (run(found, ["-m", "venv", ENVIRONMENT]) !== 0)
      throw new UsageError(`${ENVIRONMENT} could not be made (see above)`);
  }
  console.error(`Installing ${PACKAGES.join(", ")} into ${ENVIRONMENT} (once) ...`);
  if (run(program, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES]) !== 0)
    throw new UsageError("pip failed (see above); --python takes a Python that has the packages already");
  writeFileSync(INSTALLED, wanted);
  return program;
}

/** Writes the forms of a golden case into the cache, with PyTorch's numbers beside them; returns the folder. */
async function exportGolden(path: string): Promise<string> {
  // through vite, because the engine's files import others as text, which Node cannot
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

/** Prunes a model in Chromium, as a person does, so that there is a receipt with logits from WebGPU; returns the folder. */
function exportModel(path: string): string {
  const target = emptied(path);
  const texts = ["--text", "public/text/sotu-train.txt", "--eval", "public/text/sotu-held.txt"];
  const args = ["prune", "--model", path, ...texts, "--out", target, ...SHORT_PRUNING];
  const { status } = spawnSync(process.execPath, ["scripts/run.mjs", ...args], { stdio: ["ignore", "ignore", 2] });
  if (status !== 0) throw new Error(`${path} could not be pruned (see above)`);
  return target;
}

/** An empty folder of the cache for the exports of a model, called by its path: golden-phi. */
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
  if (missing !== undefined) throw new UsageError(`${missing} is not there\n${USAGE}`);
  const golden = values.golden ? GOLDEN.map((name) => `golden/${name}`) : [];
  const named = [...new Set([...positionals, ...golden])];
  const paths = named.length > 0 ? named : DEFAULT;

  const python = values.python ?? ensurePython();
  const folders: string[] = [];
  for (const path of paths) folders.push(await exportOf(path));
  const report = process.env["ESPALIER_REPORT"];
  const counts = report === undefined ? [] : ["--report", report];
  // nothing is fetched from a hub, and the classes of an export are cached beside it instead of in the home folder
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
