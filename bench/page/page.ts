// The benchmark, in headless Chromium or in Node: all measurements on one device, one after the other.
import { servedModel } from "../../src/cli/page/servedModel.ts";
import { Ctx, Gpu, openModel, tuneMatmul } from "../../src/engine/index.ts";
import { sliderLine, speedLines } from "../resultLines.ts";
import type { BenchAnswer, BenchRequest } from "./answer.ts";
import { benchMatmuls, type MatmulFigure } from "./matmuls.ts";
import { benchDecode, benchStep, type StepFigure } from "../../src/lab/stepAndDecode.ts";
import { PEAK_LOOPS, type PeakLoop, peakOnce } from "../../src/lab/peak.ts";
import { benchPeer, type PeerFigure } from "./peer.ts";
import { benchProfile } from "./profile.ts";
import { benchRealModel, type RealModelFigure, type RealModelRequest } from "./realModel.ts";
import { benchSlider } from "./slider.ts";
import { benchSpeed } from "./speed.ts";
import { spreadOf } from "../../src/lab/timing.ts";

/** Shows a line to the person who waits. */
type Log = (line: string) => void;

async function bench({ model, text, tokens, rounds }: BenchRequest, log: Log): Promise<BenchAnswer> {
  const ctx = new Ctx(await Gpu.open());
  await ctx.gpu.checked("the first kernels", () => tuneMatmul(ctx));
  log(`${ctx.gpu.facts.name}, matmul variant ${ctx.matmul}`);
  const opened = await openModel(ctx, await servedModel(model));
  const ids = Uint32Array.from(opened.tokenizer.encode(text));
  const peakGflops = await benchPeak(ctx, rounds, log);
  const steps: StepFigure[] = [];
  for (const count of tokens) {
    const figure = await benchStep(ctx, opened, { text: ids, tokens: count, rounds });
    steps.push(figure);
    log(`training step, ${count} tokens: ${figure.ms.median.toFixed(0)} ms, ${figure.gflops.median.toFixed(2)} GFLOPS`);
  }
  const matmuls = await benchMatmuls(ctx, opened.config, { tokens, rounds, log });
  const decode = await benchDecode(ctx, opened, ids, Math.min(3, rounds));
  log(`decoding: ${decode.tokensPerSecond.median.toFixed(1)} tokens per second`);
  const speed = await benchSpeed(ctx, opened, ids);
  for (const line of speedLines(speed)) log(line);
  const slider = await benchSlider(ctx, opened, ids, rounds);
  log(sliderLine(slider, rounds));
  const peers = await benchPeers(matmuls, rounds, log);
  const { name: adapter, software } = ctx.gpu.facts;
  const answer = {
    ...{ adapter, software, matmul: ctx.matmul, model: opened.name, rounds },
    ...{ peakGflops, matmuls, steps, decode, speed, slider, peers },
    weightBytes: opened.model.gpuBytes,
  };
  ctx.gpu.destroy();
  return answer;
}

async function benchPeak(ctx: Ctx, rounds: number, log: Log): Promise<BenchAnswer["peakGflops"]> {
  const peaks: Record<PeakLoop, number[]> = { vector: [], scalar: [] };
  for (const loop of PEAK_LOOPS) await peakOnce(ctx, loop);
  for (let round = 0; round < rounds; round++)
    for (const loop of PEAK_LOOPS) peaks[loop].push(await peakOnce(ctx, loop));
  const [vector, scalar] = [spreadOf(peaks.vector), spreadOf(peaks.scalar)];
  log(`fma peak: ${vector.median.toFixed(1)} GFLOPS (vec4, unrolled), ${scalar.median.toFixed(1)} (scalar loop)`);
  return { vector, scalar };
}

/** The forward matmuls in f32 by the peer; none where it fails on this adapter. */
async function benchPeers(matmuls: readonly MatmulFigure[], rounds: number, log: Log): Promise<PeerFigure[]> {
  const forward = matmuls.filter(({ direction, precision }) => direction === "forward" && precision === "f32");
  try {
    const peers = await benchPeer(forward, rounds);
    for (const { peer, name, m, n, k, gflops } of peers)
      log(`${peer}: ${name} ${m} x ${n} x ${k}: ${gflops.median.toFixed(2)} GFLOPS`);
    return peers;
  } catch (error) {
    log(`the peer could not be measured: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

/** What npm run bench calls; a window's property in a browser. */
export const benchCommands = {
  all: bench,
  profile: benchProfile,
  real: (request: RealModelRequest, log: Log): Promise<RealModelFigure> => benchRealModel(request, log),
};
Object.assign(globalThis, { benchCommands });
