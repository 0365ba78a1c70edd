// npm run bench -- --import FILE: files a result of the lab under bench/gpus, and renders bench/gpus.md from all of them.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { UsageError } from "../../src/cli/arguments/usageError.ts";
import { type GpuResult, gpuTables } from "./gpuTables.ts";

const FOLDER = "bench/gpus";
const PAGE = "bench/gpus.md";

/** A file name from the card's or the adapter's: "nvidia-h200". */
const fileName = (adapter: string): string =>
  adapter
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

/** Adds the parts of a result to what is known of its adapter; newer parts replace older ones. Returns the file written. */
export function importLab(file: string, out: string | undefined): string {
  const result = JSON.parse(readFileSync(file, "utf8")) as Partial<GpuResult> & { torch?: string };
  const adapter = result.adapter;
  if (typeof adapter === "string" && out === undefined)
    throw new UsageError(
      `--import: expected --out with PyTorch's figures, which do not name the adapter as WebGPU does`,
    );
  if (adapter === undefined) throw new UsageError(`${file}: expected a result of the lab, got no field "adapter"`);
  mkdirSync(FOLDER, { recursive: true });
  const path = out ?? join(FOLDER, `${fileName(result.card ?? adapter.name)}.json`);
  const known = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as object) : {};
  const merged = result.torch === undefined ? { ...known, ...result } : { ...known, pytorch: result };
  writeFileSync(path, `${JSON.stringify(merged, null, 1)}\n`);
  writeFileSync(PAGE, renderGpus());
  return path;
}

/** bench/gpus.md, from all results. */
export function renderGpus(): string {
  const results = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(FOLDER, basename(name)), "utf8")) as GpuResult);
  return gpuTables(results);
}
