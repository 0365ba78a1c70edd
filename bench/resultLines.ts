// The benchmark's results as text.
import type { BenchAnswer } from "./page/answer.ts";
import type { MatmulFigure } from "./page/matmuls.ts";
import type { StepFigure } from "../src/lab/stepAndDecode.ts";
import type { PeerFigure } from "./page/peer.ts";
import type { ProfileFigure } from "./page/profile.ts";
import type { RealModelFigure } from "./page/realModel.ts";
import type { SliderFigure } from "./page/slider.ts";
import type { SpeedFigure } from "./page/speed.ts";
import { spreadText } from "../src/lab/spreadText.ts";
import type { Spread } from "../src/lab/timing.ts";

/** Kernels that the benchmark lists for a step; --profile lists all. */
const KERNELS = 12;

const percent = ({ median }: Spread): string => `${(100 * median).toFixed(0)} %`.padStart(7);
const mib = (bytes: number, digits = 0): string => `${(bytes / 2 ** 20).toFixed(digits)} MiB`;

/** Dense and pruned side by side, a line per runtime and task. */
export function speedLines({ ratio, tokens, decodeTokens, repeats, threads, rows }: SpeedFigure): string[] {
  const how = `${repeats} forwards of ${tokens} tokens, ${repeats * decodeTokens} decoded tokens, ${threads ?? 0} CPU threads in onnxruntime`;
  return [
    `dense and pruned to ${(100 * ratio).toFixed(0)} % of the block weights, ms (${how})`,
    ...rows.map(({ runtime, version, what, ms, speedup }) => {
      const times = `dense ${spreadText(ms.dense, 1).padEnd(24)}pruned ${spreadText(ms.pruned, 1).padEnd(24)}`;
      return `    ${`${runtime} ${version}, ${what}`.padEnd(44)}${times}${speedup.toFixed(2)} times as fast`;
    }),
  ];
}

/** Moving the target after a run for every ratio. */
export function sliderLine({ positions, ms, firstMs }: SliderFigure, rounds: number): string {
  return `target moved to another ratio (hypernetwork and masks): ${spreadText(ms, 1)} ms over ${rounds * positions} moves; the first ${firstMs.toFixed(1)} ms`;
}

function matmulLine({ name, direction, precision, m, n, k, gflops, share }: MatmulFigure): string {
  const what = `${name} ${direction} ${m}x${n}x${k} ${precision}`;
  return `${what.padEnd(38)}${spreadText(gflops, 2).padEnd(26)}${percent(share.vector)}${percent(share.scalar)}`;
}

function stepLines({ tokens, ms, gflops, share, gpuBytes, kernels }: StepFigure): string[] {
  return [
    `training step, ${tokens} tokens: ${spreadText(ms, 0)} ms, ${gflops.median.toFixed(2)} GFLOPS,${percent(share.vector)} of the vec4 peak,${percent(share.scalar)} of the scalar peak, ${mib(gpuBytes)} in use`,
    ...kernels
      .slice(0, KERNELS)
      .map(
        ({ label, dispatches, ms: kernelMs }) =>
          `    ${label.padEnd(28)}${kernelMs.toFixed(1).padStart(8)} ms in ${dispatches} dispatch${dispatches === 1 ? "" : "es"}`,
      ),
  ];
}

function peerLine({ peer, name, m, n, k, gflops }: PeerFigure, matmuls: readonly MatmulFigure[]): string {
  const ours = matmuls.find(
    (one) => one.direction === "forward" && one.precision === "f32" && one.name === name && one.m === m,
  );
  const comparison = ours ? `ours is ${(ours.gflops.median / gflops.median).toFixed(2)} times as fast` : "";
  return `${`${peer} ${name} ${m}x${n}x${k}`.padEnd(34)}${spreadText(gflops, 2).padEnd(26)}${comparison}`;
}

/** A line per figure: median (smallest to largest), and the share of each measured peak. */
export function tableOf(answer: BenchAnswer): string {
  const { adapter, model, matmul, rounds, peakGflops, matmuls, steps, peers, speed, slider, decode } = answer;
  const lines = [
    `${adapter}; ${model}; matmul variant ${matmul}; ${rounds} rounds; median (smallest to largest)`,
    `fma peak   vec4 unrolled ${spreadText(peakGflops.vector, 1)} GFLOPS   scalar loop ${spreadText(peakGflops.scalar, 1)} GFLOPS`,
    "",
    `${"matmul, weights".padEnd(38)}${"GFLOPS".padEnd(26)}share of peak: vec4  scalar`,
    ...matmuls.map(matmulLine),
    "",
    ...steps.flatMap(stepLines),
    "",
    ...peers.map((peer) => peerLine(peer, matmuls)),
    "",
    ...speedLines(speed),
    "",
    sliderLine(slider, rounds),
    "",
    `decoding: ${spreadText(decode.tokensPerSecond, 1)} tokens per second (${decode.newTokens} after ${decode.promptTokens}); weights ${mib(answer.weightBytes, 1)}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** A line per kernel of a training step, most time first, and their sum. */
export function profileLines({ adapter, matmul, model, tokens, steps, stepMs, kernels }: ProfileFigure): string {
  const sum = {
    label: "sum",
    dispatches: kernels.reduce((total, { dispatches }) => total + dispatches, 0),
    ms: kernels.reduce((total, { ms }) => total + ms, 0),
  };
  const width = Math.max(...[...kernels, sum].map(({ label }) => label.length)) + 2;
  const line = (cells: readonly [string, string, string, string]): string =>
    [cells[0].padEnd(width), cells[1].padStart(10), cells[2].padStart(10), cells[3].padStart(9)].join("");
  const rows = [...kernels, sum].map(({ label, dispatches, ms }) =>
    line([label, String(dispatches), ms.toFixed(2), `${((100 * ms) / sum.ms).toFixed(1)} %`]),
  );
  return `${[
    `${adapter}; ${model}; matmul variant ${matmul}; training step of ${tokens} tokens, medians of ${steps} steps`,
    `${spreadText(stepMs, 1)} ms per step without timestamps`,
    line(["kernel", "dispatches", "ms", "share"]),
    ...rows,
  ].join("\n")}\n`;
}

/** A model of a real size: opening, training step, memory. */
export function realModelLine(figure: RealModelFigure): string {
  const { adapter, model, tokens, steps, openSeconds, ms, gpuBytes, weightBytes, blocks } = figure;
  const memory = `${mib(gpuBytes)} on the GPU, of which ${mib(weightBytes)} weights`;
  return `${adapter}; ${model}: opened in ${openSeconds.toFixed(1)} s; training step, ${tokens} tokens: ${spreadText(ms, 0)} ms over ${steps} steps; ${memory}\n${blocks ? `in the blocks of the file: ${spreadText(blocks.ms, 0)} ms, ${spreadText(blocks.ratio, 2)} of the unpacked step; ${mib(blocks.weightBytes)} weights\n` : ""}`;
}
