// npm run verify:python -- DIR ...: opens exports with transformers, in a Python environment of its own (.venv). Exit code 1 if a check fails.
// Without DIR, or with --golden CASE ..., it exports golden cases by their binary masks and compares with what PyTorch computed for them.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";
import type { Folder, OutputFile } from "../src/engine/index.ts";
import { diskFolder } from "./diskFolder.ts";

const USAGE = `usage: npm run verify:python -- [DIR ...] [--golden CASE ...] [--python PROGRAM]
  DIR       a folder with masked/ and compact/, as npm run prune writes it
  --golden  a case as golden/README.md describes it; without DIR and --golden: golden/llama and golden/llama3
  --python  a Python that has torch, transformers and safetensors; without it they are installed into .venv (once)`;

const PACKAGES = ["torch==2.13.0", "transformers==5.23.0", "safetensors==0.8.0"];
const ENVIRONMENT = ".venv";
/** Lies in the environment once everything is installed, and says what. */
const INSTALLED = join(ENVIRONMENT, "espalier-packages.txt");
const CACHE = ".cache/verify";
const GOLDEN_CASES = ["golden/llama", "golden/llama3"];

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

/** Writes masked/ and compact/ of a golden case into the cache; returns the folder. */
async function exportGolden(path: string): Promise<string> {
  // through vite, because the engine's files import others as text, which Node cannot
  const { module } = await runnerImport<{
    exportCase(folder: Folder): Promise<Record<"masked" | "compact" | "onnx", OutputFile[]>>;
  }>("./src/engine/golden/exportCase.ts", { configFile: false, logLevel: "error" });
  const target = join(CACHE, basename(path));
  rmSync(target, { recursive: true, force: true });
  for (const [form, files] of Object.entries(await module.exportCase(diskFolder(path)))) {
    for (const file of files) {
      const path = join(target, form, file.name);
      mkdirSync(dirname(path), { recursive: true });
      const chunks: Uint8Array[] = [];
      for await (const chunk of file.stream()) chunks.push(chunk);
      writeFileSync(path, Buffer.concat(chunks));
    }
  }
  return target;
}

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      golden: { type: "string", multiple: true },
      python: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  // every word after --golden may be meant as a case: what has golden.safetensors is one
  const isCase = (path: string): boolean => existsSync(join(path, "golden.safetensors"));
  const named = [...(values.golden ?? []), ...positionals];
  const missing = named.find((path) => !existsSync(path));
  if (missing !== undefined) throw new UsageError(`${missing} is not there\n${USAGE}`);
  const notCase = values.golden?.find((path) => !isCase(path));
  if (notCase !== undefined) throw new UsageError(`--golden ${notCase}: expected a folder with golden.safetensors`);
  const paths = named.length > 0 ? named : GOLDEN_CASES;

  const python = values.python ?? ensurePython();
  // nothing is fetched from a hub, and the classes of an export are cached beside it instead of in the home folder
  const env = { ...process.env, HF_HUB_OFFLINE: "1", HF_MODULES_CACHE: join(process.cwd(), CACHE, "modules") };
  rmSync(env.HF_MODULES_CACHE, { recursive: true, force: true });
  let failed = 0;
  for (const path of paths) {
    const folder = isCase(path) ? await exportGolden(path) : path;
    const golden = isCase(path) ? ["--golden", join(path, "golden.safetensors")] : [];
    if (run(python, ["scripts/verify_python.py", folder, ...golden], env) !== 0) failed++;
  }
  console.log(failed === 0 ? "All checks passed." : `${failed} of ${paths.length} failed.`);
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
