// The sections of bench/README.md on the engine's own figures: training step, matmuls and decoding.
import { markdownTable } from "../../src/shared/markdownTable.ts";
import { spreadText } from "../../src/lab/spreadText.ts";
import { type Results, whereOf } from "./measured.ts";

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

const measuredAt = (results: Results): string =>
  `Measured ${whereOf(results)}; model "${results.model}", matmul variant ${results.matmul}, ${results.rounds} rounds.`;

export function stepSection(results: Results): string {
  const { scalar, vector } = results.peakGflops;
  const peak = `The fma loops of the adapter reach ${spreadText(vector, 1)} GFLOPS (vec4, unrolled) and ${spreadText(scalar, 1)} GFLOPS (scalar).`;
  const rows = results.steps.map(({ tokens, ms, gflops, share, gpuBytes }) => [
    ...[String(tokens), spreadText(ms, 0), spreadText(gflops, 2), percent(share.vector.median)],
    ...[percent(share.scalar.median), `${(gpuBytes / 2 ** 20).toFixed(0)} MiB`],
  ]);
  const head = ["tokens", "ms per step", "GFLOPS", "of the vec4 peak", "of the scalar peak", "GPU memory"];
  return ["## The training step", `${measuredAt(results)} ${peak}`, markdownTable(head, rows)].join("\n\n");
}

/** Forward products in f32, which the peer computes too. */
export function matmulSection({ matmuls, peers }: Results): string {
  const rows = matmuls
    .filter(({ direction, precision }) => direction === "forward" && precision === "f32")
    .map(({ name, m, n, k, gflops }) => {
      const peer = peers.find((one) => one.name === name && one.m === m);
      const times = peer ? `${(gflops.median / peer.gflops.median).toFixed(1)} times as fast` : "";
      return [name, `${m} x ${n} x ${k}`, spreadText(gflops, 1), peer ? spreadText(peer.gflops, 1) : "", times];
    });
  return `## Matmuls\n\nForward products of the model in f32, in GFLOPS, in the same session; jax-js has the layout of the weights that is faster for it.\n\n${markdownTable(
    ["product", "rows x out x in", "Espalier", "jax-js", "ours is"],
    rows,
  )}`;
}

export function decodeSection({ decode, speed, slider }: Results): string {
  const { promptTokens, newTokens, tokensPerSecond } = decode;
  const line = `Decoding ${newTokens} tokens after ${promptTokens}: ${spreadText(tokensPerSecond, 1)} tokens per second. A move of the slider after a run for every ratio: ${spreadText(slider.ms, 1)} ms.`;
  const rows = speed.rows.map(({ runtime, version, what, ms }) => [
    ...[`${runtime} ${version}`, what, spreadText(ms.dense, 1), spreadText(ms.pruned, 1)],
  ]);
  const head = ["runtime", "task", "dense, ms", "pruned at random to half of the block weights, ms"];
  return ["## Decoding", line, markdownTable(head, rows)].join("\n\n");
}
