// What the adapter can do at most: fused multiply-adds and memory bandwidth.
import { benchBandwidth } from "../bandwidth.ts";
import type { PeakResult } from "../labResult.ts";
import type { LabPartRun } from "../part.ts";
import { PEAK_LOOPS, peakOnce } from "../peak.ts";
import { spreadOf, type Spread } from "../timing.ts";

export const benchPeaks: LabPartRun<PeakResult> = async (ctx, { quick, log, progress }) => {
  const rounds = quick ? 2 : 9;
  const gflops: Record<string, Spread> = {};
  const pieces = PEAK_LOOPS.length + 1;
  for (const [i, loop] of PEAK_LOOPS.entries()) {
    progress(i, pieces);
    await peakOnce(ctx, loop); // compiles
    const rates: number[] = [];
    for (let round = 0; round < rounds; round++) rates.push(await peakOnce(ctx, loop));
    gflops[loop] = spreadOf(rates);
    log(`fma peak, ${loop}: ${spreadOf(rates).median.toFixed(0)} GFLOPS`);
  }
  progress(PEAK_LOOPS.length, pieces);
  const gigabytesPerSecond = await benchBandwidth(ctx, rounds);
  log(`bandwidth: ${gigabytesPerSecond.median.toFixed(0)} GB/s`);
  return { gflops, gigabytesPerSecond };
};
