// npm run lab -- pack OUT: one folder with all that the lab needs on a Linux x64 machine with a Vulkan driver: no network, browser or Node.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { build } from "vite";
import { installedVersions } from "../peers/program.ts";

const MOST_BYTES = 45e6;
const GOLDENS = ["llama3", "opt", "qwen3"];
const MODEL_FILES = [
  "config.json",
  "generation_config.json",
  "model.safetensors",
  "tokenizer.json",
  "tokenizer_config.json",
];
/** PyTorch's part of the comparison with other programs, and its step alone. */
const PYTHON = ["bench/peers/torch_peer.py", "bench/lab/torch_step.py", "golden/reference/prune_reference.py"];
/** Where Debian's packages chromium and libvulkan1 put the loader of Vulkan. */
const LOADERS = ["/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib/chromium/libvulkan.so.1"];
const DAWN = "node_modules/webgpu/dist/linux-x64/dawn.node";

const bytesOf = (path: string): number =>
  statSync(path).isDirectory()
    ? readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0)
    : statSync(path).size;

/** Copies a program without its symbols, compressed. */
function compress(from: string, to: string): void {
  copyFileSync(from, to);
  chmodSync(to, 0o755);
  execFileSync("strip", [to]);
  execFileSync("xz", ["-9e", "--threads=0", "--force", to], { stdio: "inherit" });
}

/** Makes the folder. Throws if it is larger than MOST_BYTES, or if a part is missing on this machine. */
export async function packLab(out: string): Promise<void> {
  const loader = LOADERS.find((path) => existsSync(path));
  if (!loader)
    throw new Error("libvulkan.so.1: expected the loader of Vulkan, got none. Run: apt-get install libvulkan1");
  if (existsSync(out) && readdirSync(out).length > 0 && !existsSync(join(out, "run.sh")))
    throw new Error(`${out}: expected a new folder, or one of an earlier pack, got other files. Name another folder.`);
  rmSync(out, { recursive: true, force: true });
  for (const folder of ["lib", "golden", "public/model", "public/text"])
    mkdirSync(join(out, folder), { recursive: true });
  await build({ configFile: "bench/lab/vite.config.ts", logLevel: "warn" });
  cpSync(".cache/lab/bundle", out, { recursive: true });
  for (const script of PYTHON) {
    mkdirSync(dirname(join(out, script)), { recursive: true });
    copyFileSync(script, join(out, script));
  }
  writeFileSync(join(out, "versions.json"), JSON.stringify(installedVersions()));
  copyFileSync("bench/lab/run.sh", join(out, "run.sh"));
  copyFileSync(loader, join(out, "lib/libvulkan.so.1"));
  for (const name of GOLDENS) cpSync(join("golden", name), join(out, "golden", name), { recursive: true });
  for (const name of MODEL_FILES) copyFileSync(join("public/model", name), join(out, "public/model", name));
  writeFileSync(join(out, "public/text/sotu-held.txt"), readFileSync("public/text/sotu-held.txt").subarray(0, 250_000));
  compress(process.execPath, join(out, "node"));
  compress(DAWN, join(out, "dawn.node"));
  const bytes = bytesOf(out);
  if (bytes > MOST_BYTES) throw new Error(`${out}: expected at most ${MOST_BYTES} bytes, got ${bytes}`);
  process.stdout.write(`${out}: ${(bytes / 1e6).toFixed(1)} MB. On the other machine: sh ${join(out, "run.sh")}\n`);
}
