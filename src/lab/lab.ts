// The lab: what is checked and measured on an adapter, the same on every host of WebGPU. The result is one JSON object.
import { AS_CARD } from "../engine/gpu/device.ts";
import { Ctx, EngineError, Gpu } from "../engine/index.ts";
import { LAB_PART_NAMES, type LabPart } from "../shared/labParts.ts";
import type { AdapterReport, LabResult } from "./labResult.ts";
import type { LabInput, PartInput } from "./part.ts";
import { checkGoldens, checkKernels, checkMatmuls } from "./parts/checks.ts";
import { benchDecoding } from "./parts/decode.ts";
import { benchOpening } from "./parts/opening.ts";
import { benchOpRates } from "./parts/opRates.ts";
import { benchPeaks } from "./parts/peaks.ts";
import { benchSlopes } from "./parts/slopes.ts";
import { benchSteps } from "./parts/steps.ts";
import { benchSweep } from "./parts/sweep.ts";

/** How a host follows the lab, and stops it. */
export interface LabWatch {
  log?: (line: string) => void;
  /** Called after each part with the results so far. */
  save?: (results: LabResult) => void;
  onProgress?: (part: LabPart, done: number, of: number, what?: string) => void;
  /** Stops the lab at once: the device of the part that runs is closed. */
  signal?: AbortSignal;
}

const PARTS = {
  opening: benchOpening,
  kernels: checkKernels,
  matmuls: checkMatmuls,
  goldens: checkGoldens,
  peak: benchPeaks,
  ops: benchOpRates,
  sweep: benchSweep,
  steps: benchSteps,
  slopes: benchSlopes,
  decode: benchDecoding,
} as const satisfies Record<LabPart, (ctx: Ctx, input: PartInput) => Promise<unknown>>;

/** The names as parts, in the order in which they run. Throws RangeError for a name that is none. */
export function partsNamed(names: readonly string[]): LabPart[] {
  const unknown = names.find((name) => !LAB_PART_NAMES.some((part) => part === name));
  if (unknown !== undefined)
    throw new RangeError(`part: expected one of ${LAB_PART_NAMES.join(", ")}, got "${unknown}"`);
  return LAB_PART_NAMES.filter((part) => names.includes(part));
}

/**
 * Runs the parts, each on a device of its own. A part that fails is recorded with its error, and the next one runs.
 * Throws "no-webgpu" where there is no adapter, and "cancelled" if it was stopped; `save` then has the parts that were complete.
 */
export async function runLab(parts: readonly LabPart[], input: LabInput, watch: LabWatch = {}): Promise<LabResult> {
  const results = await labHeader(input);
  for (const part of parts) {
    const began = performance.now();
    const outcome = await runPart(part, input, watch);
    Object.assign(results, { [part]: outcome });
    watch.log?.(`${part}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    watch.save?.(results);
  }
  return results;
}

/** A result without parts: when and where it is measured. Throws "no-webgpu" where there is no adapter. */
export async function labHeader({ host, card, quick }: Pick<LabInput, "host" | "card" | "quick">): Promise<LabResult> {
  return {
    measured: new Date().toISOString(),
    host,
    ...(card === undefined ? {} : { card }),
    ...(quick ? { quick: true } : {}),
    adapter: await adapterReport(),
  };
}

async function runPart(part: LabPart, input: LabInput, { log, onProgress, signal }: LabWatch): Promise<unknown> {
  const stopIfCancelled = (): void => {
    if (signal?.aborted) throw new EngineError("cancelled", "The check of the GPU was stopped.");
  };
  stopIfCancelled();
  const progress: PartInput["progress"] = (done, of, what) => {
    stopIfCancelled();
    onProgress?.(part, done, of, what);
  };
  const gpu = await Gpu.open(input.asCard ? { facts: AS_CARD } : {});
  const close = (): void => gpu.destroy();
  signal?.addEventListener("abort", close);
  try {
    return await PARTS[part](new Ctx(gpu), { ...input, log: log ?? (() => undefined), progress });
  } catch (thrown) {
    stopIfCancelled();
    const error = EngineError.from(thrown);
    log?.(`${part} failed: ${error.message}`);
    return { error: error.toPlain() };
  } finally {
    signal?.removeEventListener("abort", close);
    close();
  }
}

/** Facts, limits and features of the device that every part gets. */
async function adapterReport(): Promise<AdapterReport> {
  const gpu = await Gpu.open();
  const { limits, features } = gpu.device;
  const values: Record<string, unknown> = {};
  for (const name in limits) values[name] = Reflect.get(limits, name);
  const { vendor, architecture, device, description } = gpu.device.adapterInfo;
  const info = { vendor, architecture, device, description };
  const report = { ...gpu.facts, info, limits: values, features: [...features].sort() };
  gpu.destroy();
  return report;
}
