// Decides from times which kernel a shape gets, so that noise does not change it.

/** The usual kernel stays unless another one is faster by more than this share of its time. */
const MARGIN = 0.03;
/** After the first round, kernels slower than the fastest by this factor are not timed again. */
const HOPELESS = 1.5;

/** Times of kernels in ms, in the order in which they were taken. */
type Times = ReadonlyMap<string, readonly number[]>;

/** The kernel with the smallest median, if its margin over the usual one is large enough; otherwise the usual one. */
export function fastestKernel(times: Times, usual: string): string {
  let best = usual;
  const limit = (1 - MARGIN) * median(times.get(usual) ?? []);
  let ms = Number.isFinite(limit) ? limit : Infinity;
  for (const [kernel, own] of times) {
    const its = median(own);
    if (kernel === usual || !(its < ms)) continue;
    best = kernel;
    ms = its;
  }
  return best;
}

/** Kernels that may still win, the usual one among them. */
export function contenders(times: Times, usual: string): string[] {
  const fastest = Math.min(...[...times.values()].map(median).filter(Number.isFinite));
  return [...times]
    .filter(([kernel, own]) => kernel === usual || median(own) <= HOPELESS * fastest)
    .map(([kernel]) => kernel);
}

/** The middle one of an odd number of times; NaN for none. */
const median = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
