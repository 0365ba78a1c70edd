// The parts of the lab, which checks and measures an adapter: their order, titles and rough durations.

interface LabPartFacts {
  title: string;
  /** Roughly, to tell people how long to wait: a short try on a software adapter, and everything on a graphics card. */
  seconds: { quick: number; full: number };
}

/** In the order in which they run. "opening" is the first, while nothing is compiled yet; then correctness before speed. */
export const LAB_PARTS = {
  opening: { title: "first step after opening", seconds: { quick: 8, full: 10 } },
  kernels: { title: "kernels", seconds: { quick: 15, full: 10 } },
  matmuls: { title: "matmul variants", seconds: { quick: 60, full: 10 } },
  goldens: { title: "golden cases", seconds: { quick: 60, full: 15 } },
  peak: { title: "peak and bandwidth", seconds: { quick: 3, full: 3 } },
  ops: { title: "speed of each op", seconds: { quick: 4, full: 10 } },
  sweep: { title: "matmul speed", seconds: { quick: 15, full: 120 } },
  steps: { title: "training steps", seconds: { quick: 15, full: 30 } },
  slopes: { title: "step time by size", seconds: { quick: 40, full: 60 } },
  decode: { title: "decoding", seconds: { quick: 25, full: 20 } },
} as const satisfies Record<string, LabPartFacts>;

export type LabPart = keyof typeof LAB_PARTS;

export const LAB_PART_NAMES = Object.keys(LAB_PARTS) as LabPart[];

/** Roughly how long these parts take together, in seconds. */
export const labSeconds = (parts: readonly LabPart[], quick: boolean): number =>
  parts.reduce((sum, name) => sum + LAB_PARTS[name].seconds[quick ? "quick" : "full"], 0);
