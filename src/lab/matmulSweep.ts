// Every matmul variant on every shape of a model: what the choice of a variant is based on.
import type { Ctx, MatmulVariant } from "../engine/ctx.ts";
import { usableVariants } from "../engine/ops/linear.ts";
import type { Precision } from "../engine/tensor.ts";
import { type MatmulDirection, matmulWork } from "./matmulWork.ts";
import { spreadOf, type Spread, timed } from "./timing.ts";

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

interface SweepFigure extends LayerShape {
  /** Rows of the activations. */
  m: number;
  direction: MatmulDirection;
  precision: Precision;
  variant: MatmulVariant;
  ms: Spread;
  gflops: Spread;
}

interface SweepOptions {
  layers: readonly LayerShape[];
  rows: readonly number[];
  rounds: number;
  /** Work of one submit: a matmul is repeated up to it, so that the cost of the submit is small beside it. */
  flopPerSubmit: number;
  /** Default: all that the adapter can run. */
  variants?: readonly MatmulVariant[];
}

/** Measures each variant `rounds` times on each shape, in turn, and gives each figure to `onFigure`. */
export async function sweepMatmuls(
  ctx: Ctx,
  options: SweepOptions,
  onFigure: (figure: SweepFigure) => void,
): Promise<void> {
  const kept = ctx.matmul;
  for (const layer of options.layers)
    for (const m of options.rows)
      for (const precision of ["f32", "f16"] as const)
        await sweepShape(ctx, { ...layer, m, precision }, options, onFigure);
  ctx.matmul = kept;
}

async function sweepShape(
  ctx: Ctx,
  shape: LayerShape & { m: number; precision: Precision },
  { rounds, flopPerSubmit, variants = usableVariants(ctx) }: SweepOptions,
  onFigure: (figure: SweepFigure) => void,
): Promise<void> {
  const { m, n, k, precision } = shape;
  const x = ctx.persistent("x", [m, k], { data: noise(m * k) });
  const dy = ctx.persistent("dy", [m, n], { data: noise(m * n) });
  const words = precision === "f16" ? halfWords(n * k) : noise(n * k);
  const weight = ctx.persistent("weight", [n, k], { dtype: precision, data: words });
  const flop = 2 * m * n * k;
  const count = Math.max(1, Math.round(flopPerSubmit / flop));
  for (const direction of ["forward", "backward"] as const) {
    const work = matmulWork(ctx, { x, dy, weight, direction });
    const times = new Map<MatmulVariant, number[]>(variants.map((variant) => [variant, []]));
    for (let round = -1; round < rounds; round++) {
      for (const [variant, ms] of times) {
        ctx.matmul = variant;
        const took = await timed(ctx, work, round < 0 ? 1 : count); // round -1 compiles
        if (round >= 0) ms.push(took);
      }
    }
    for (const [variant, ms] of times)
      onFigure({
        ...shape,
        ...{ direction, variant, ms: spreadOf(ms), gflops: spreadOf(ms.map((one) => flop / one / 1e6)) },
      });
  }
  ctx.free(x, dy, weight);
  ctx.freeStep();
}

/** Values in (-0.5, 0.5): never zeros, which some hardware multiplies faster. */
function noise(length: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    values[i] = state / 2 ** 32 - 0.5;
  }
  return values;
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
