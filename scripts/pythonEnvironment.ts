// The Python environment of the checks (.venv): created and filled once, and how programs are run in it.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../src/cli/arguments/usageError.ts";

const PACKAGES = [
  ...["torch==2.13.0", "transformers==5.23.0", "safetensors==0.8.0", "peft==0.21.2"],
  ...["onnx==1.23.2", "onnxruntime==1.32.0"],
  // xllamacpp has llama.cpp itself; verify_gguf.py uses its C interface, so another version needs a look at the structs there
  ...["gguf==0.19.0", "xllamacpp==2026.10.11549"],
];
const ENVIRONMENT = ".venv";
/** Lists the installed packages; written once the installation is complete. */
const INSTALLED = join(ENVIRONMENT, "espalier-packages.txt");

/** Runs a program with the terminal as its output; returns its exit code. Throws a UsageError if it cannot be started. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  const { status, error } = spawnSync(program, args, { stdio: "inherit", env });
  if (error) throw new UsageError(`${program} could not be started (${error.message})`);
  return status ?? 1;
}

/** The Python of the environment; creates it and installs PACKAGES where necessary. Throws a UsageError. */
export function ensurePython(): string {
  const program = join(ENVIRONMENT, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const required = `${PACKAGES.join("\n")}\n`;
  if (existsSync(program) && existsSync(INSTALLED) && readFileSync(INSTALLED, "utf8") === required) return program;
  if (!existsSync(program)) {
    const found = ["python3", "python"].find((name) => spawnSync(name, ["-c", "import venv"]).status === 0);
    if (!found) throw new UsageError("Python was not found. Install Python 3.10 or newer, or name one with --python.");
    if (run(found, ["-m", "venv", ENVIRONMENT]) !== 0)
      throw new UsageError(`${ENVIRONMENT} could not be created (see above)`);
  }
  console.error(`Installing ${PACKAGES.join(", ")} into ${ENVIRONMENT} (once) ...`);
  if (run(program, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES]) !== 0)
    throw new UsageError("pip failed (see above). With --python you can name a Python that already has the packages.");
  writeFileSync(INSTALLED, required);
  return program;
}
