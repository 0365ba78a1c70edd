// The benchmark's results as text for people.
import type { BenchAnswer } from "./page/answer.ts";
import type { SliderFigure } from "./page/slider.ts";
import type { SpeedFigure } from "./page/speed.ts";
import type { RealModelFigure } from "./page/realModel.ts";
import type { Spread } from "./page/timing.ts";

const percent = ({ median }: Spread): string => `${(100 * median).toFixed(0)} %`.padStart(7);
const number = ({ median, min, max }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;

/** Dense beside pruned, a line for each runtime and task. */
export function speedLines({ ratio, tokens, decodeTokens, repeats, threads, rows }: SpeedFigure): string[] {
  const how = `${repeats} forwards of ${tokens} tokens, ${repeats * decodeTokens} decoded tokens, ${threads ?? 0} CPU threads in onnxruntime`;
  return [
    `dense beside pruned at ${(100 * ratio).toFixed(0)} % of the block weights, ms (${how})`,
    ...rows.map(({ runtime, version, what, ms, speedup: ratio }) => {
      const times = `dense ${number(ms.dense, 1).padEnd(24)}pruned ${number(ms.pruned, 1).padEnd(24)}`;
      return `    ${`${runtime} ${version}, ${what}`.padEnd(44)}${times}${ratio.toFixed(2)} times as fast`;
    }),
  ];
}

/** The slider after a run for every ratio. */
export function sliderLine({ positions, ms, firstMs }: SliderFigure, rounds: number): string {
  return `slider, hypernetwork and masks at another ratio: ${number(ms, 1)} ms over ${rounds * positions} moves; the first ${firstMs.toFixed(1)} ms`;
}

/** One line a figure: median (smallest to largest), and the share of each measured peak. */
export function tableOf(answer: BenchAnswer): string {
  const lines = [
    `${answer.adapter}; ${answer.model}; matmul variant ${answer.matmul}; ${answer.rounds} rounds; median (smallest to largest)`,
    `fma peak   vec4 unrolled ${number(answer.peakGflops.vector, 1)} GFLOPS   scalar loop ${number(answer.peakGflops.scalar, 1)} GFLOPS`,
    "",
    `${"matmul, weights".padEnd(38)}${"GFLOPS".padEnd(26)}share of peak: vec4  scalar`,
    ...answer.matmuls.map(({ name, direction, precision, m, n, k, gflops, share }) => {
      const what = `${name} ${direction} ${m}x${n}x${k} ${precision}`;
      return `${what.padEnd(38)}${number(gflops, 2).padEnd(26)}${percent(share.vector)}${percent(share.scalar)}`;
    }),
    "",
    ...answer.steps.flatMap(({ tokens, ms, gflops, share, gpuBytes, kernels }) => [
      `training step, ${tokens} tokens: ${number(ms, 0)} ms, ${gflops.median.toFixed(2)} GFLOPS,${percent(share.vector)} of the vec4 peak,${percent(share.scalar)} of the scalar one, ${(gpuBytes / 2 ** 20).toFixed(0)} MiB in use`,
      ...kernels
        .slice(0, 12)
        .map(
          ({ label, dispatches, ms: took }) =>
            `    ${label.padEnd(28)}${took.toFixed(1).padStart(8)} ms in ${dispatches}`,
        ),
    ]),
    "",
    ...answer.peers.map(({ peer, name, m, n, k, gflops }) => {
      const ours = answer.matmuls.find(
        (one) => one.direction === "forward" && one.precision === "f32" && one.name === name && one.m === m,
      );
      const ratio = ours ? `ours is ${(ours.gflops.median / gflops.median).toFixed(2)} times as fast` : "";
      return `${`${peer} ${name} ${m}x${n}x${k}`.padEnd(34)}${number(gflops, 2).padEnd(26)}${ratio}`;
    }),
    "",
    ...speedLines(answer.speed),
    "",
    sliderLine(answer.slider, answer.rounds),
    "",
    `decoding: ${number(answer.decode.tokensPerSecond, 1)} tokens a second (${answer.decode.newTokens} behind ${answer.decode.promptTokens}); weights ${(answer.weightBytes / 2 ** 20).toFixed(1)} MiB`,
  ];
  return `${lines.join("\n")}\n`;
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** The same for a model of a real size. */
export function realModelLine({
  adapter,
  model,
  tokens,
  steps,
  openSeconds,
  ms,
  gpuBytes,
  weightBytes,
}: RealModelFigure): string {
  const memory = `${mib(gpuBytes)} on the GPU, ${mib(weightBytes)} of them weights`;
  return `${adapter}; ${model}: opened in ${openSeconds.toFixed(1)} s; training step, ${tokens} tokens: ${number(ms, 0)} ms over ${steps} steps; ${memory}\n`;
}
