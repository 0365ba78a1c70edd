// The speed of matmuls on the shapes of two models.
import { usableVariants } from "../../engine/ops/kit/matmulChoice.ts";
import type { SweepFigure } from "../labResult.ts";
import type { LabPartRun } from "../part.ts";
import { peakOnce } from "../peak.ts";
import { countFigures, LAYERS, sweepMatmuls } from "./matmulSweep.ts";

/** Made for software adapters; on cards they only cost time. */
const NOT_FOR_CARDS: readonly string[] = ["quad", "registers"];
const QUICK_VARIANTS: readonly SweepFigure["variant"][] = ["quad", "registers", "tiled"];
const ROWS = [128, 512, 2048, 4096];
/** Work of one submit: at least this many milliseconds at the peak, so that its cost is small beside it. */
const SUBMIT_MS = 2;
const MOST_FLOP_PER_SUBMIT = 1e11;

export const benchSweep: LabPartRun<SweepFigure[]> = async (ctx, { quick, sweepRows = ROWS, log, progress }) => {
  const figures: SweepFigure[] = [];
  await peakOnce(ctx, "scalar"); // compiles
  const flopPerSubmit = Math.min(MOST_FLOP_PER_SUBMIT, (await peakOnce(ctx, "scalar")) * 1e6 * SUBMIT_MS);
  const variants = (["sized", ...usableVariants(ctx)] as const).filter((variant) =>
    quick ? QUICK_VARIANTS.includes(variant) : !NOT_FOR_CARDS.includes(variant),
  );
  const size = quick
    ? { layers: LAYERS.slice(1, 2), rows: [512], rounds: 1 }
    : { layers: LAYERS, rows: sweepRows, rounds: 3 };
  const options = { ...size, flopPerSubmit, variants };
  const total = countFigures(options);
  await sweepMatmuls(ctx, options, (figure) => {
    figures.push(figure);
    progress(figures.length, total, `${figure.name}, ${figure.m} rows`);
    const { name, m, direction, precision, variant, gflops } = figure;
    log(`${name} ${m} rows ${direction} ${precision} ${variant}: ${gflops.median.toFixed(0)} GFLOPS`);
  });
  return figures;
};
