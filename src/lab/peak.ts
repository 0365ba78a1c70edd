// The adapter's peak of fused multiply-adds (fma): other figures are given as shares of it.
import type { Ctx } from "../engine/ctx.ts";
import type { KernelSpec } from "../engine/gpu/kernel.ts";
import wgsl from "./peak.wgsl?raw";
import { timed } from "./timing.ts";

interface Loop {
  spec: KernelSpec;
  /** Floating-point operations of one invocation: two per fma. */
  flop: number;
}

const ROUNDS = 256;
/** Invocations: enough to fill a large GPU many times over, few enough to be quick on a software adapter. */
const INVOCATIONS = { software: 16_384, hardware: 4_194_240 };

const loop = (entry: "vector" | "scalar", fmaPerRound: number, rounds: number): Loop => ({
  spec: { label: `peak ${entry}`, code: wgsl, entry, constants: { ROUNDS: rounds } },
  flop: 2 * fmaPerRound * rounds,
});
/** vector: four chains of vec4, 64 fma per round. scalar: eight chains of one fma per round, as WebGPU papers usually measure. */
const LOOPS = { vector: loop("vector", 64, ROUNDS), scalar: loop("scalar", 8, 8 * ROUNDS) };

export type PeakLoop = keyof typeof LOOPS;

/** Runs one loop once; returns GFLOPS. */
export async function peakOnce(ctx: Ctx, name: PeakLoop): Promise<number> {
  const { spec, flop } = LOOPS[name];
  const invocations = ctx.gpu.facts.software ? INVOCATIONS.software : INVOCATIONS.hardware;
  const y = ctx.persistent("peak", [invocations]);
  const ms = await timed(ctx, () => ctx.run(spec, [y], {}, [invocations / 64]));
  ctx.free(y);
  return (invocations * flop) / ms / 1e6;
}

export const PEAK_LOOPS = Object.keys(LOOPS) as PeakLoop[];
