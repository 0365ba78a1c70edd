// The benchmark in headless Chromium: everything on one device, one after the other.
import { Ctx, Gpu, httpFolder, openModel, tuneMatmul } from "../../src/engine/index.ts";
import type { BenchAnswer, BenchRequest } from "./answer.ts";
import { benchMatmuls } from "./matmuls.ts";
import { benchDecode, benchStep, type StepFigure } from "./model.ts";
import { benchPeer, type PeerFigure } from "./peer.ts";
import { sliderLine, speedLines } from "../resultLines.ts";
import { PEAK_LOOPS, type PeakLoop, peakOnce } from "./peak.ts";
import { benchSpeed } from "./speed.ts";
import { benchSlider } from "./slider.ts";
import { benchRealModel, type RealModelFigure, type RealModelRequest } from "./realModel.ts";
import { spreadOf } from "./timing.ts";

async function bench({ model: folder, text, tokens, rounds }: BenchRequest): Promise<BenchAnswer> {
  const log = (line: string): void => void window.report(line);
  const ctx = new Ctx(await Gpu.open());
  await ctx.gpu.checked("the first kernels", () => tuneMatmul(ctx));
  log(`${ctx.gpu.facts.name}, matmul variant ${ctx.matmul}`);
  const opened = await openModel(ctx, httpFolder(folder.name, folder.url, folder.files));
  const ids = Uint32Array.from(opened.tokenizer.encode(text));
  const peaks: Record<PeakLoop, number[]> = { vector: [], scalar: [] };
  for (const loop of PEAK_LOOPS) await peakOnce(ctx, loop);
  for (let round = 0; round < rounds; round++)
    for (const loop of PEAK_LOOPS) peaks[loop].push(await peakOnce(ctx, loop));
  const peakGflops = { vector: spreadOf(peaks.vector), scalar: spreadOf(peaks.scalar) };
  log(
    `fma peak: ${peakGflops.vector.median.toFixed(1)} GFLOPS (vec4, unrolled), ${peakGflops.scalar.median.toFixed(1)} (scalar loop)`,
  );
  const steps: StepFigure[] = [];
  for (const count of tokens) {
    const figure = await benchStep(ctx, opened, ids, count, rounds);
    steps.push(figure);
    log(`training step, ${count} tokens: ${figure.ms.median.toFixed(0)} ms, ${figure.gflops.median.toFixed(2)} GFLOPS`);
  }
  const matmuls = await benchMatmuls(ctx, opened.config, tokens, rounds, log);
  const decode = await benchDecode(ctx, opened, ids, Math.min(3, rounds));
  log(`decoding: ${decode.tokensPerSecond.median.toFixed(1)} tokens a second`);
  const speed = await benchSpeed(ctx, opened, ids);
  for (const line of speedLines(speed)) log(line);
  const slider = await benchSlider(ctx, opened, ids, rounds);
  log(sliderLine(slider, rounds));
  const forward = matmuls.filter(({ direction, precision }) => direction === "forward" && precision === "f32");
  const peers = await benchPeer(forward, rounds).catch((error: unknown): PeerFigure[] => {
    log(`the peer could not be measured: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  });
  for (const { peer, name, m, n, k, gflops } of peers)
    log(`${peer}: ${name} ${m} x ${n} x ${k}: ${gflops.median.toFixed(2)} GFLOPS`);
  const { name: adapter, software } = ctx.gpu.facts;
  const answer = {
    adapter,
    software,
    matmul: ctx.matmul,
    model: opened.name,
    rounds,
    peakGflops,
    matmuls,
    steps,
    decode,
    speed,
    slider,
    peers,
    weightBytes: opened.model.gpuBytes,
  };
  ctx.gpu.destroy();
  return answer;
}

const realModel = (request: RealModelRequest): Promise<RealModelFigure> =>
  benchRealModel(request, (line) => void window.report(line));

declare global {
  interface Window {
    bench: typeof bench;
    benchRealModel: typeof realModel;
  }
}
window.benchRealModel = realModel;
window.bench = bench;
