// The lab: what is checked and measured on an adapter, whatever the host of WebGPU. The result is one JSON object.
import type { MatmulVariant } from "../engine/ctx.ts";
import { Ctx, EngineError, type Folder, Gpu, openModel, type SelfCheck, selfCheck } from "../engine/index.ts";
import { AS_CARD } from "../engine/gpu/device.ts";
import { checkGolden } from "../engine/golden/check.ts";
import { linearOp } from "../engine/ops/registry/commonOps.ts";
import { usableVariants } from "../engine/ops/linear.ts";
import { benchDecode, benchStep } from "./stepAndDecode.ts";
import { PEAK_LOOPS, peakOnce } from "./peak.ts";
import { spreadOf } from "./timing.ts";
import { benchBandwidth } from "./bandwidth.ts";
import { LAYERS, sweepMatmuls } from "./matmulSweep.ts";

/** What the lab reads, opened by its host. */
interface LabInput {
  /** Names the host: Dawn in Node, Chromium. */
  host: string;
  /** The card's name, where its driver's tools give it. */
  card?: string;
  goldens: readonly Folder[];
  /** The embedded model, and one of the size of SmolLM2-135M with random weights. */
  small: Folder;
  synthetic: () => Folder;
  text: string;
  /** Few sizes and repetitions, to try the lab on a software adapter. */
  quick: boolean;
  /** Takes the kernels of graphics cards on a software adapter too, to check them. */
  asCard: boolean;
  log: (line: string) => void;
  /** Called after each part with the results so far. */
  save: (results: Record<string, unknown>) => void;
}

const GPU_VARIANTS: readonly MatmulVariant[] = ["tiled", "split", "blocks128"];

type Part = (ctx: Ctx, input: LabInput) => Promise<unknown>;

/** Parts in the order in which they run: correctness first. */
export const LAB_PARTS: Readonly<Record<string, Part>> = {
  kernels: checkKernels,
  matmuls: checkMatmuls,
  goldens: checkGoldens,
  peak: benchPeaks,
  sweep: benchSweep,
  steps: benchSteps,
  decode: benchDecoding,
};

/** Runs the named parts, each on a device of its own. A part that fails is recorded with its error, and the next one runs. */
export async function runLab(names: readonly string[], input: LabInput): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = { measured: new Date().toISOString(), host: input.host };
  if (input.card !== undefined) results["card"] = input.card;
  for (const name of names) {
    const part = LAB_PARTS[name];
    if (!part) throw new RangeError(`part: expected one of ${Object.keys(LAB_PARTS).join(", ")}, got "${name}"`);
    const began = performance.now();
    try {
      const ctx = new Ctx(await Gpu.open(input.asCard ? { facts: AS_CARD } : {}));
      results["adapter"] ??= deviceFacts(ctx);
      results[name] = await part(ctx, input);
      ctx.gpu.destroy();
    } catch (error) {
      results[name] = { error: EngineError.from(error).toPlain() };
      input.log(`${name} failed: ${EngineError.from(error).message}`);
    }
    input.log(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    input.save(results);
  }
  return results;
}

/** Facts, limits and features of the device, by their WebGPU names. */
function deviceFacts({ gpu }: Ctx): Record<string, unknown> {
  const { limits, features } = gpu.device;
  const values: Record<string, unknown> = {};
  for (const name in limits) values[name] = Reflect.get(limits, name);
  return { ...gpu.facts, limits: values, features: [...features].sort() };
}

async function checkKernels(ctx: Ctx, { log }: LabInput): Promise<unknown> {
  const result = await selfCheck(ctx);
  log(`kernels: ${result.checks} comparisons, ${result.failed.length} failed`);
  for (const failure of result.failed) log(`  ${failure.op} ${failure.case} ${failure.name}: worst ${failure.worst}`);
  return result;
}

/** All matmul variants, not only the one that this adapter would use. */
async function checkMatmuls(ctx: Ctx, { log }: LabInput): Promise<unknown> {
  const results: Record<string, SelfCheck> = {};
  for (const variant of ["sized", ...usableVariants(ctx)] as const) {
    ctx.matmul = variant;
    const result = await selfCheck(ctx, { only: [linearOp] });
    results[variant] = result;
    log(`matmul ${variant}: ${result.checks} comparisons, ${result.failed.length} failed`);
  }
  return results;
}

async function checkGoldens(ctx: Ctx, { goldens, log }: LabInput): Promise<unknown> {
  const reports = [];
  for (const folder of goldens) {
    for (const precision of ["f32", "f16"] as const) {
      const report = await checkGolden(ctx, folder, { precision });
      const checks = Object.values(report.checks);
      log(
        `golden ${folder.name} ${precision}: ${checks.length} checks, ${checks.filter(({ ok }) => !ok).length} failed`,
      );
      reports.push(report);
    }
  }
  return reports;
}

async function benchPeaks(ctx: Ctx, { quick, log }: LabInput): Promise<unknown> {
  const rounds = quick ? 2 : 9;
  const peaks: Record<string, unknown> = {};
  for (const loop of PEAK_LOOPS) {
    await peakOnce(ctx, loop);
    const rates: number[] = [];
    for (let round = 0; round < rounds; round++) rates.push(await peakOnce(ctx, loop));
    peaks[loop] = spreadOf(rates);
    log(`fma peak, ${loop}: ${spreadOf(rates).median.toFixed(0)} GFLOPS`);
  }
  const bandwidth = await benchBandwidth(ctx, rounds);
  log(`bandwidth: ${bandwidth.median.toFixed(0)} GB/s`);
  return { gflops: peaks, gigabytesPerSecond: bandwidth };
}

async function benchSweep(ctx: Ctx, { quick, log }: LabInput): Promise<unknown> {
  const figures: unknown[] = [];
  const options = quick
    ? { layers: LAYERS.slice(0, 1), rows: [64], rounds: 1, flopPerSubmit: 1e8 }
    : { layers: LAYERS, rows: [128, 512, 2048], rounds: 3, flopPerSubmit: 1e11, variants: GPU_VARIANTS };
  await sweepMatmuls(ctx, options, (figure) => {
    figures.push(figure);
    const { name, m, direction, precision, variant, gflops } = figure;
    log(`${name} ${m} rows ${direction} ${precision} ${variant}: ${gflops.median.toFixed(0)} GFLOPS`);
  });
  return figures;
}

async function benchSteps(ctx: Ctx, { quick, small, synthetic, text, log }: LabInput): Promise<unknown> {
  const figures = [];
  const opened = await openModel(ctx, quick ? small : synthetic());
  const ids = Uint32Array.from(opened.tokenizer.encode(text));
  for (const tokens of quick ? [64] : [256, 512, 1024, 2048]) {
    for (const matmul of quick ? [ctx.matmul] : (["sized", "tiled"] as const)) {
      ctx.matmul = matmul;
      const options = { text: ids, tokens, rounds: quick ? 1 : 5, stepsPerRound: quick ? 1 : 5 };
      const figure = await benchStep(ctx, opened, options);
      figures.push({ model: opened.name, matmul, ...figure });
      log(`DISP step, ${tokens} tokens, ${matmul}: ${figure.ms.median.toFixed(2)} ms`);
      for (const { label, dispatches, ms } of figure.kernels.slice(0, 12))
        log(`    ${label}: ${dispatches} dispatches, ${ms.toFixed(3)} ms`);
    }
  }
  return figures;
}

async function benchDecoding(ctx: Ctx, { quick, small, synthetic, text, log }: LabInput): Promise<unknown> {
  const opened = await openModel(ctx, quick ? small : synthetic());
  const ids = Uint32Array.from(opened.tokenizer.encode(text));
  const figures = [];
  for (const matmul of quick ? [ctx.matmul] : (["sized", "tiled"] as const)) {
    ctx.matmul = matmul;
    const figure = await benchDecode(ctx, opened, ids, quick ? 1 : 3);
    const bytesPerSecond = figure.tokensPerSecond.median * opened.model.gpuBytes;
    log(
      `decoding, ${matmul}: ${figure.tokensPerSecond.median.toFixed(1)} tokens/s, ${(bytesPerSecond / 1e9).toFixed(1)} GB/s`,
    );
    figures.push({ model: opened.name, matmul, ...figure, weightBytes: opened.model.gpuBytes });
  }
  return figures;
}
