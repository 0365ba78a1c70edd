// How near the matmuls of a sweep come to the adapter's fma peak.
import { figuresOf, type LabResult, type SweepFigure } from "./labResult.ts";
import type { MatmulDirection } from "./matmulWork.ts";
import { spreadOf } from "./timing.ts";

/** Rows of the activations that the goal is about: training steps and evaluation, not decoding. */
const ROWS = { from: 512, to: 4096 };

interface MatmulShare {
  direction: MatmulDirection;
  precision: SweepFigure["precision"];
  /** Of the faster fma loop, over the shapes. */
  median: number;
  lowest: number;
  shapes: number;
  /** The numbers of rows that were measured, ascending. */
  rows: readonly number[];
  /** The variants that the engine chooses, or the best of each shape where the result does not say which that is. */
  of: "chosen" | "best";
}

/** The faster fma loop in GFLOPS; undefined if it was not measured. */
export function peakGflops({ peak }: LabResult): number | undefined {
  const loops = Object.values(figuresOf(peak)?.gflops ?? {});
  return loops.length > 0 ? Math.max(...loops.map(({ median }) => median)) : undefined;
}

/** By direction and precision; empty without a peak, or without matmuls of 512 to 4096 rows. */
export function matmulShares(result: LabResult): MatmulShare[] {
  const peak = peakGflops(result);
  const figures = (figuresOf(result.sweep) ?? []).filter(({ m }) => m >= ROWS.from && m <= ROWS.to);
  if (peak === undefined) return [];
  const chosen = figures.filter((figure) => figure.chosen);
  const groups = (["forward", "backward"] as const).flatMap((direction) =>
    (["f32", "f16"] as const).map((precision) => ({ direction, precision })),
  );
  return groups.flatMap(({ direction, precision }) => {
    const best = new Map<string, number>();
    const rows = new Set<number>();
    for (const one of chosen.length > 0 ? chosen : figures) {
      if (one.direction !== direction || one.precision !== precision) continue;
      const key = `${one.name} ${one.m}`;
      rows.add(one.m);
      best.set(key, Math.max(best.get(key) ?? 0, one.gflops.median / peak));
    }
    if (best.size === 0) return [];
    const { median, min } = spreadOf([...best.values()]);
    const of = chosen.length > 0 ? "chosen" : "best";
    return [
      { direction, precision, median, lowest: min, shapes: best.size, rows: [...rows].sort((a, b) => a - b), of },
    ];
  });
}
