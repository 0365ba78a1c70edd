// How fast the main ops are, each on one size: compared with the peak of what limits it, multiply-adds or memory.
import type { Ctx } from "../../engine/ctx.ts";
import { glu } from "../../engine/ops/activation.ts";
import { adamW } from "../../engine/ops/adamW.ts";
import { attention } from "../../engine/ops/attention.ts";
import { stepState } from "../../engine/ops/kit/stepState.ts";
import { rope } from "../../engine/ops/rope.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { OpRate } from "../labResult.ts";
import { matmulWork } from "../matmulWork.ts";
import type { LabPartRun } from "../part.ts";
import { noiseValues, onGpuClock, spreadOf, timed } from "../timing.ts";

const SIZES = {
  quick: { rows: 128, d: 512, f: 1536, heads: 8, parameters: 2 ** 19, rounds: 3, repeats: 2 },
  full: { rows: 1024, d: 2048, f: 8192, heads: 32, parameters: 2 ** 23, rounds: 9, repeats: 10 },
};

interface TimedOp extends Pick<OpRate, "op" | "size" | "flop" | "bytes"> {
  work: () => void;
}

/** Every op `rounds` times. Time on the GPU's own clock where the adapter has timestamps. */
export const benchOpRates: LabPartRun<OpRate[]> = async (ctx, { quick, log, progress }) => {
  const sizes = SIZES[quick ? "quick" : "full"];
  const { ops, inputs } = opsOf(ctx, sizes);
  const rates: OpRate[] = [];
  await onGpuClock(ctx, async () => {
    for (const [i, { work, ...about }] of ops.entries()) {
      progress(i, ops.length, about.op);
      await timed(ctx, work); // compiles
      const times: number[] = [];
      for (let round = 0; round < sizes.rounds; round++) times.push(await timed(ctx, work, sizes.repeats));
      const ms = spreadOf(times);
      rates.push({ ...about, ms });
      log(`${about.op}: ${ms.median.toFixed(2)} ms`);
    }
  });
  ctx.free(...inputs);
  return rates;
};

function opsOf(
  ctx: Ctx,
  { rows, d, f, heads, parameters }: Omit<(typeof SIZES)["full"], "rounds" | "repeats">,
): { ops: TimedOp[]; inputs: Tensor[] } {
  const inputs: Tensor[] = [];
  const keep = (made: Tensor): Tensor => {
    inputs.push(made);
    return made;
  };
  const input = (name: string, ...shape: number[]): Tensor =>
    keep(ctx.persistent(name, shape, { data: noiseValues(shape.reduce((product, n) => product * n, 1)) }));
  const shape = { heads, kvHeads: heads, headDim: d / heads };
  const start = keep(ctx.persistent("start", [1], { dtype: "u32", data: Uint32Array.of(0) }));
  const state = keep(stepState(ctx, { seed: 1, step: 0, ratio: 1 }));
  const [x, dy, weight] = [input("x", rows, d), input("dy", rows, f), input("weight", f, d)];
  const [qkv, gateUp] = [input("qkv", rows, 3 * d), input("gate|up", rows, 2 * f)];
  const table = input("RoPE", rows, d / heads / 2, 2);
  const adam = { theta: input("theta", parameters), grad: input("grad", parameters) };
  // the second moment is a mean of squares
  const v = keep(ctx.persistent("v", [parameters], { data: noiseValues(parameters).map(Math.abs) }));
  const moments = { m: input("m", parameters), v, stepState: state };
  const matmul = (direction: "forward" | "backward"): TimedOp => ({
    ...{ op: `linear, ${direction}`, size: `${rows} x ${f} x ${d}`, flop: 2 * rows * f * d },
    work: matmulWork(ctx, { x, dy, weight, direction }),
  });
  const alone = (run: () => Tensor) => (): void => {
    ctx.scope(run);
  };
  const valueBytes = 4;
  return {
    inputs,
    ops: [
      matmul("forward"),
      matmul("backward"),
      {
        // each row sees the keys up to its own: half of all, for q k^T and for the weights times v
        ...{
          op: "attention, forward",
          size: `${rows} rows, ${heads} heads of ${d / heads}`,
          flop: 2 * rows * rows * d,
        },
        work: alone(() => attention(ctx, qkv, { start, shape })),
      },
      {
        ...{ op: "rope", size: `${rows} x ${3 * d}`, bytes: valueBytes * 2 * rows * 3 * d },
        work: alone(() => rope(ctx, qkv, { table, start, shape })),
      },
      {
        ...{ op: "glu (silu)", size: `${rows} x ${f}`, bytes: valueBytes * 3 * rows * f },
        work: alone(() => glu(ctx, gateUp, "silu")),
      },
      {
        // reads parameters, gradients and both moments; writes parameters and moments
        ...{ op: "adamW", size: `${parameters} parameters`, bytes: valueBytes * 7 * parameters },
        work: () => adamW(ctx, { ...adam, ...moments }, { lr: 0, weightDecay: 0, beta1: 0.9, beta2: 0.999, eps: 1e-8 }),
      },
    ],
  };
}
