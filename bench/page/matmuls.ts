// Every matmul shape of a model's training step, forward and backward; the peak is measured right after each, so that both see the same load.
import type { Ctx } from "../../src/engine/ctx.ts";
import type { ModelConfig } from "../../src/engine/config/config.ts";
import { packedHalves } from "../../src/engine/dtype.ts";
import type { Precision } from "../../src/engine/tensor.ts";
import { type MatmulDirection, matmulWork } from "../../src/lab/matmulWork.ts";
import { PEAK_LOOPS, type PeakLoop, peakOnce } from "../../src/lab/peak.ts";
import { spreadOf, type Spread, timed } from "../../src/lab/timing.ts";

export interface MatmulFigure {
  name: string;
  direction: MatmulDirection;
  /** How the weight is stored on the GPU. */
  precision: Precision;
  /** Rows, out features, in features. */
  m: number;
  n: number;
  k: number;
  ms: Spread;
  gflops: Spread;
  /** Of the fma peak measured in the same round. */
  share: Record<PeakLoop, Spread>;
}

/** The linear layers of a block and the head: name, out features, in features. */
function shapesOf({
  heads,
  kvHeads,
  headDim,
  dModel,
  dMlp,
  vocab,
}: ModelConfig): [name: string, n: number, k: number][] {
  const dq = heads * headDim;
  return [
    ["q|k|v", dq + 2 * kvHeads * headDim, dModel],
    ["o", dModel, dq],
    ["gate|up", 2 * dMlp, dModel],
    ["down", dModel, dMlp],
    ["head", vocab, dModel],
  ];
}

/** Work of one submit: a matmul is repeated up to it, so that the cost of the submit is small beside it. */
const FLOP_PER_SUBMIT = { software: 3e8, hardware: 5e10 };

/** Measures each shape `rounds` times for each number of rows in `tokens`; `log` gets a line per figure. */
export async function benchMatmuls(
  ctx: Ctx,
  config: ModelConfig,
  { tokens, rounds, log }: { tokens: readonly number[]; rounds: number; log: (line: string) => void },
): Promise<MatmulFigure[]> {
  const figures: MatmulFigure[] = [];
  for (const m of tokens) {
    for (const [name, n, k] of shapesOf(config)) {
      for (const direction of ["forward", "backward"] as const) {
        for (const precision of ["f32", "f16"] as const) {
          const figure = await benchOne(ctx, { name, direction, precision, m, n, k }, rounds);
          figures.push(figure);
          const { ms, gflops } = figure;
          const times = `${ms.median.toFixed(2)} ms (best ${ms.min.toFixed(2)}), ${gflops.median.toFixed(2)} GFLOPS`;
          log(`${name} ${direction} ${m} x ${n} x ${k}, weight ${precision}: ${times}`);
        }
      }
    }
  }
  return figures;
}

async function benchOne(
  ctx: Ctx,
  shape: Pick<MatmulFigure, "name" | "direction" | "precision" | "m" | "n" | "k">,
  rounds: number,
): Promise<MatmulFigure> {
  const { direction, precision, m, n, k } = shape;
  const random = (length: number): Float32Array => Float32Array.from({ length }, () => Math.random() - 0.5);
  const x = ctx.persistent("x", [m, k], { data: random(m * k) });
  const values = random(n * k);
  const data = precision === "f16" ? packedHalves(values) : values;
  const weight = ctx.persistent("weight", [n, k], { dtype: precision, data });
  const dy = ctx.persistent("dy", [m, n], { data: random(m * n) });
  const flop = 2 * m * n * k;
  const flopPerSubmit = ctx.gpu.facts.software ? FLOP_PER_SUBMIT.software : FLOP_PER_SUBMIT.hardware;
  const count = Math.max(1, Math.round(flopPerSubmit / flop));
  const work = matmulWork(ctx, { x, dy, weight, direction });
  await timed(ctx, work);
  const ms: number[] = [];
  const gflops: number[] = [];
  const shares: Record<PeakLoop, number[]> = { vector: [], scalar: [] };
  for (let round = 0; round < rounds; round++) {
    const msPerRun = await timed(ctx, work, count);
    ms.push(msPerRun);
    gflops.push(flop / msPerRun / 1e6);
    for (const loop of PEAK_LOOPS) shares[loop].push(flop / msPerRun / 1e6 / (await peakOnce(ctx, loop)));
  }
  ctx.free(x, weight, dy);
  ctx.freeStep();
  return {
    ...shape,
    ms: spreadOf(ms),
    gflops: spreadOf(gflops),
    share: { vector: spreadOf(shares.vector), scalar: spreadOf(shares.scalar) },
  };
}
