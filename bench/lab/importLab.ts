// npm run bench -- --import FILE: files a result of the lab under bench/gpus, and renders bench/gpus.md from all of them.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { UsageError } from "../../src/cli/arguments/usageError.ts";
import type { LabResult, TorchResult } from "../../src/lab/labResult.ts";
import { gpuTables } from "./gpuTables.ts";

const FOLDER = "bench/gpus";
const PAGE = "bench/gpus.md";

/** A file name from the card's or the adapter's: "nvidia-h200". */
const fileName = (adapter: string): string =>
  adapter
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

/** PyTorch's figures, or a result of the lab. Throws UsageError for any other file. */
export function readLabFile(file: string): TorchResult | LabResult {
  const result = JSON.parse(readFileSync(file, "utf8")) as Partial<LabResult> | TorchResult | null;
  if (result && "torch" in result) return result;
  if (typeof result?.adapter?.name !== "string" || typeof result.measured !== "string")
    throw new UsageError(`${file}: expected a result of the lab with "measured" and "adapter", got another file`);
  return result as LabResult;
}

/** Adds the parts of a result to what is known of its adapter; newer parts replace older ones. Returns the file written. */
export function importLab(file: string, out: string | undefined): string {
  const result = readLabFile(file);
  mkdirSync(FOLDER, { recursive: true });
  const path = out ?? join(FOLDER, `${fileName(adapterOf(result))}.json`);
  const known = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as LabResult) : undefined;
  writeFileSync(path, `${JSON.stringify(merged(known, result), null, 1)}\n`);
  writeFileSync(PAGE, renderGpus());
  return path;
}

function adapterOf(result: TorchResult | LabResult): string {
  if (!("torch" in result)) return result.card ?? result.adapter.name;
  throw new UsageError("--import: expected --out with PyTorch's figures, which do not name the adapter as WebGPU does");
}

/** Exported for the test. A quick result neither replaces nor completes figures of all sizes. Throws UsageError where it would. */
export function merged(known: LabResult | undefined, result: TorchResult | LabResult): object {
  if ("torch" in result) return { ...known, pytorch: result };
  if (result.quick && known && !known.quick)
    throw new UsageError(
      "--import: expected figures of all sizes, because this adapter has some already, got a quick result. Name another file with --out.",
    );
  return known && known.quick === result.quick ? { ...known, ...result } : result;
}

/** bench/gpus.md, from all results. */
export function renderGpus(): string {
  const results = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(FOLDER, basename(name)), "utf8")) as LabResult);
  return gpuTables(results);
}
