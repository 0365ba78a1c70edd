// Chooses a matmul kernel per class of shapes by timing them on the user's adapter, within a fixed time.
import type { Ctx } from "../../ctx.ts";
import { type MatmulChoice, usualMatmul } from "../../matmul/matmulVariants.ts";
import { EngineError } from "../../errors.ts";
import { Profile } from "../../gpu/profile.ts";
import { contenders, fastestKernel } from "../../matmul/margin.ts";
import { MATMUL_KERNELS, type MatmulShape, type MatmulTable, shapeClass } from "../../matmul/matmulTable.ts";
import { matmulChoices } from "../kit/matmulChoice.ts";
import { TOLERANCE } from "../kit/tolerance.ts";
import { timed } from "./timed.ts";
import { compileChoices } from "./tuneKernels.ts";
import { largestBytes, Operands } from "./tuneOperands.ts";

export interface TuneOptions {
  /** Time for everything, compilation included. Default: 2 seconds. Shapes that are not timed by then keep the usual kernel. */
  budgetMs?: number;
  signal?: AbortSignal;
  /** Shapes done, of how many. */
  onProgress?: (done: number, of: number) => void;
}

const BUDGET_MS = 2000;
/** Share of that time for compilation. */
const COMPILING = 0.6;
const ROUNDS = 3;
/** GPU time of one sample: long beside a timestamp's resolution and the cost of a submit. */
const SAMPLE_MS = 2;
const MOST_REPEATS = 100;
/** Larger operands are not timed: making them would take longer than the measurement. */
const LARGEST_BYTES = 256 * 1024 * 1024;

/** What was measured. */
export interface TunedShapes {
  table: MatmulTable;
  /** Whether some kernels were still being compiled when their time was up, and were not timed. A driver that keeps them is faster next time. */
  unfinished: boolean;
}

/**
 * Times the kernels that each shape may run, in turns, and returns the table of the fastest. ctx.matmul is afterwards what it was before.
 * Throws "cancelled".
 */
export async function tuneShapes(
  ctx: Ctx,
  shapes: readonly MatmulShape[],
  options: TuneOptions = {},
): Promise<TunedShapes> {
  const { budgetMs = BUDGET_MS, signal, onProgress } = options;
  const end = performance.now() + budgetMs;
  const usual = usualMatmul(ctx.gpu.facts);
  const [matmul, profile] = [ctx.matmul, ctx.profile];
  const fits = shapes.filter((shape) => largestBytes(shape) <= Math.min(LARGEST_BYTES, ctx.buffers.limitBytes));
  const operands = new Operands(ctx, fits);
  const classes: Record<string, string> = {};
  let unfinished = true;
  const inTime = (): boolean => {
    if (signal?.aborted) throw new EngineError("cancelled", "Choosing matmul kernels was stopped.");
    return performance.now() < end;
  };
  try {
    if (ctx.gpu.facts.timestamps) ctx.profile = new Profile(ctx.gpu, ctx.buffers, "pass");
    const compiling = compileChoices(ctx, operands, fits, usual);
    // What is not compiled by then continues beside the first steps.
    const late = new Promise<true>((resolve) => setTimeout(() => resolve(true), COMPILING * budgetMs));
    unfinished = await Promise.race([compiling.done.then(() => false), late]);
    compiling.done.catch(() => undefined);
    const ready = new Set(compiling.ready);
    for (const [i, shape] of shapes.entries()) {
      onProgress?.(i, shapes.length);
      const timed = fits.includes(shape) ? await timeShape(ctx, operands, { shape, usual, ready, inTime }) : null;
      classes[shapeClass(shape)] = timed ?? usual;
    }
    onProgress?.(shapes.length, shapes.length);
  } finally {
    if (ctx.profile !== profile) ctx.profile?.free();
    ctx.profile = profile;
    ctx.matmul = matmul;
    operands.free();
  }
  return { table: { kernels: MATMUL_KERNELS, default: usual, classes }, unfinished };
}

interface TimedShape {
  shape: MatmulShape;
  usual: MatmulChoice;
  /** The choices whose kernels are compiled. */
  ready: ReadonlySet<MatmulChoice>;
  /** False once the budget is used up. */
  inTime: () => boolean;
}

/** The fastest kernel for a shape whose results are right; null if the time did not suffice. */
async function timeShape(
  ctx: Ctx,
  operands: Operands,
  { shape, usual, ready, inTime }: TimedShape,
): Promise<string | null> {
  if (!ready.has(usual) || !inTime()) return null;
  const work = operands.of(shape);
  ctx.matmul = usual;
  await timed(ctx, work, 1); // the first dispatch pays for what is only needed once
  const alone = await timed(ctx, work, 2);
  const count = Math.min(MOST_REPEATS, Math.max(1, Math.ceil(SAMPLE_MS / Math.max(alone, SAMPLE_MS / MOST_REPEATS))));
  const choices = matmulChoices(ctx, shape, usual).filter((choice) => ready.has(choice));
  const times = new Map<string, number[]>(choices.map((choice) => [choice, []]));
  for (let round = 0; round < ROUNDS; round++) {
    if (!inTime()) return null;
    const racing = round === 0 ? [...times.keys()] : contenders(times, usual);
    for (const choice of choices) {
      if (!racing.includes(choice)) continue;
      ctx.matmul = choice;
      times.get(choice)?.push(await timed(ctx, work, count));
    }
  }
  const finished = new Map([...times].filter(([, own]) => own.length === ROUNDS));
  ctx.matmul = usual;
  const expected = await operands.result(shape);
  for (;;) {
    const fastest = fastestKernel(finished, usual);
    if (fastest === usual) return usual;
    ctx.matmul = choices.find((choice) => choice === fastest) ?? usual;
    if (isNear(await operands.result(shape), expected)) return fastest;
    finished.delete(fastest);
  }
}

/** Whether a kernel computes what the usual one does, within what the checks of kernels allow: drivers have faults, and halves are experiments. */
function isNear(found: Float32Array, expected: Float32Array): boolean {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return found.every((value, i) => Math.abs(value - (expected[i] ?? NaN)) <= TOLERANCE * largest);
}
