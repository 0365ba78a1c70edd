// Every matmul variant on every shape of a model: what the choice of a variant is based on.
import type { Ctx } from "../../engine/ctx.ts";
import { usualMatmul } from "../../engine/matmul/matmulVariants.ts";
import { fastestKernel } from "../../engine/matmul/margin.ts";
import type { Precision } from "../../engine/tensor.ts";
import type { SweepFigure } from "../labResult.ts";
import { matmulFlop, matmulWork } from "../matmulWork.ts";
import { noiseValues, onGpuClock, spreadOf, timed } from "../timing.ts";

/** Out features and in features of a layer. */
interface LayerShape {
  name: string;
  n: number;
  k: number;
}

export const LAYERS: readonly LayerShape[] = [
  { name: "SmolLM2-135M q|k|v", n: 960, k: 576 },
  { name: "SmolLM2-135M o", n: 576, k: 576 },
  { name: "SmolLM2-135M gate|up", n: 3072, k: 576 },
  { name: "SmolLM2-135M down", n: 576, k: 1536 },
  { name: "SmolLM2-135M head", n: 49_152, k: 576 },
  { name: "Llama-3.2-1B q|k|v", n: 3072, k: 2048 },
  { name: "Llama-3.2-1B o", n: 2048, k: 2048 },
  { name: "Llama-3.2-1B gate|up", n: 16_384, k: 2048 },
  { name: "Llama-3.2-1B down", n: 2048, k: 8192 },
];

interface SweepOptions {
  layers: readonly LayerShape[];
  rows: readonly number[];
  rounds: number;
  /** Work of one submit: a matmul is repeated up to it, so that the cost of the submit is small beside it. */
  flopPerSubmit: number;
  variants: readonly SweepFigure["variant"][];
}

/** Larger results are left out: the engine never computes them at once (logitsSize.ts). */
const MOST_RESULT_BYTES = 2 ** 29;

/** The shapes of a sweep: every layer with every number of rows, in both precisions. */
const shapesOf = ({ layers, rows }: SweepOptions): (LayerShape & { m: number; precision: Precision })[] =>
  layers.flatMap((layer) =>
    rows
      .filter((m) => 4 * m * layer.n <= MOST_RESULT_BYTES)
      .flatMap((m) => (["f32", "f16"] as const).map((precision) => ({ ...layer, m, precision }))),
  );

/** How many figures a sweep gives. */
export const countFigures = (options: SweepOptions): number => 2 * shapesOf(options).length * options.variants.length;

/**
 * Measures each variant `rounds` times on each shape, in turn, and gives each figure to `onFigure`, which may throw to end the sweep. Of each
 * shape the variant is marked that the tuner would choose from these times. They are times on the GPU where the adapter has timestamps.
 */
export async function sweepMatmuls(
  ctx: Ctx,
  options: SweepOptions,
  onFigure: (figure: SweepFigure) => void,
): Promise<void> {
  const choice = ctx.matmul;
  try {
    await onGpuClock(ctx, async () => {
      for (const shape of shapesOf(options)) await sweepShape(ctx, shape, options, onFigure);
    });
  } finally {
    ctx.matmul = choice;
  }
}

async function sweepShape(
  ctx: Ctx,
  shape: LayerShape & { m: number; precision: Precision },
  { rounds, flopPerSubmit, variants }: SweepOptions,
  onFigure: (figure: SweepFigure) => void,
): Promise<void> {
  const { m, n, k, precision } = shape;
  const x = ctx.persistent("x", [m, k], { data: noiseValues(m * k) });
  const dy = ctx.persistent("dy", [m, n], { data: noiseValues(m * n) });
  const words = precision === "f16" ? halfWords(n * k) : noiseValues(n * k);
  const weight = ctx.persistent("weight", [n, k], { dtype: precision, data: words });
  const flop = matmulFlop(m, n, k);
  const count = Math.max(1, Math.round(flopPerSubmit / flop));
  for (const direction of ["forward", "backward"] as const) {
    const work = matmulWork(ctx, { x, dy, weight, direction });
    const times = new Map<SweepFigure["variant"], number[]>(variants.map((variant) => [variant, []]));
    for (let round = -1; round < rounds; round++) {
      for (const [variant, ms] of times) {
        ctx.matmul = variant;
        const took = await timed(ctx, work, round < 0 ? 1 : count); // round -1 compiles
        if (round >= 0) ms.push(took);
      }
    }
    const chosen = fastestKernel(times, usualMatmul(ctx.gpu.facts));
    for (const [variant, ms] of times)
      onFigure({
        ...shape,
        ...{ direction, variant, ms: spreadOf(ms), gflops: spreadOf(ms.map((one) => flop / one / 1e6)) },
        ...(variant === chosen ? { chosen: true } : {}),
      });
  }
  ctx.free(x, dy, weight);
  ctx.freeStep();
}

/** Pairs of halves between 0.5 and 2 in size, of both signs. */
function halfWords(length: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 2));
  let state = 1;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[i] = (state & 0x87ff_87ff) | 0x3800_3800;
  }
  return words;
}
