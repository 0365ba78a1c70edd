// How fast each op is, on one size: compared with the peak of what limits it, multiply-adds or memory.
import type { Ctx } from "../../engine/ctx.ts";
import { EngineError } from "../../engine/index.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { OpRate } from "../labResult.ts";
import type { LabPartRun } from "../part.ts";
import { bytesMoved, sizeWords, type TimedSizes } from "../rates/timedCase.ts";
import { TIMED, type TimedOp } from "../rates/timedOps.ts";
import { onGpuClock, spreadOf, timed } from "../timing.ts";

interface Pace {
  rounds: number;
  /** An op is repeated within a round until it takes about this long, at most MOST_REPEATS times. */
  roundMs: number;
}

const SIZES: Record<"quick" | "full", TimedSizes & Pace> = {
  quick: { rows: 128, d: 256, f: 768, heads: 8, vocab: 1024, blocks: 2, hidden: 64, rounds: 2, roundMs: 2 },
  full: { rows: 1024, d: 2048, f: 8192, heads: 32, vocab: 8192, blocks: 16, hidden: 64, rounds: 9, roundMs: 10 },
};
const MOST_REPEATS = 10;

/**
 * Every op, several times. Time on the GPU's own clock where the adapter has timestamps. An op that the adapter refuses has no rate: the
 * comparison with its reference says why.
 */
export const benchOpRates: LabPartRun<OpRate[]> = async (ctx, { quick, log, progress }) => {
  const sizes = SIZES[quick ? "quick" : "full"];
  const rates: OpRate[] = [];
  await onGpuClock(ctx, async () => {
    for (const [i, op] of TIMED.entries()) {
      progress(i, TIMED.length, op.op);
      try {
        const rate = await ctx.gpu.checked(op.op, () => rateOf(ctx, op, sizes));
        rates.push(rate);
        log(`${op.op}: ${rate.ms.median.toFixed(2)} ms`);
      } catch (thrown) {
        const { code, message } = EngineError.from(thrown);
        if (code === "device-lost") throw thrown;
        log(`${op.op} failed: ${message}`);
      }
    }
  });
  return rates;
};

async function rateOf(ctx: Ctx, { op, at, launch }: TimedOp, sizes: TimedSizes & Pace): Promise<OpRate> {
  const measured = at(sizes);
  const inputs = measured.inputs.map(({ shape, dtype = "f32", values }, i) =>
    ctx.persistent(`${op} ${i}`, shape, { dtype, data: values() }),
  );
  let outputs: Tensor[] = [];
  // nothing reads the results, so each run gives its memory to the next one
  const work = (): void => {
    ctx.scope(() => {
      outputs = launch(ctx, inputs, measured.params);
      return [];
    });
  };
  try {
    await timed(ctx, work); // compiles
    const once = await timed(ctx, work);
    const repeats = Math.max(1, Math.min(MOST_REPEATS, Math.round(sizes.roundMs / once)));
    // one run that takes long enough is a round already
    const times = repeats === 1 ? [once] : [];
    while (times.length < sizes.rounds) times.push(await timed(ctx, work, repeats));
    const { flop } = measured;
    const counted = flop === undefined ? { bytes: bytesMoved(measured, outputs) } : { flop };
    return { op, size: sizeWords(measured), ...counted, ms: spreadOf(times) };
  } finally {
    ctx.free(...inputs);
  }
}
