// npm run bench -- --map: frame times of the gate map while it is zoomed and moved.
import type { Headless } from "../../src/cli/host/chromium.ts";
import { spreadText } from "../../src/lab/spreadText.ts";
import { spreadOf, type Spread } from "../../src/lab/timing.ts";

/** The page that `openHeadless` opens for `measureMap`. */
export const MAP_PAGE = { page: "bench/map/map.html", name: "measureFrames" };

/** What the page measured, in milliseconds per frame. */
export interface FrameTimes {
  layers: number;
  dModel: number;
  /** Of the chart, CSS pixels. */
  width: number;
  height: number;
  /** Scale after zooming in; 1 shows the full width. */
  zoomed: number;
  /** The page's own work for a gesture: layout, pixels and SVG. */
  work: number[];
  /** From one frame to the next. */
  between: number[];
}

/** Over the rounds: median, 95th percentile and longest of each. */
type Percentiles = Record<"median" | "p95" | "longest", Spread>;

export interface FramesFigure extends Pick<FrameTimes, "layers" | "dModel" | "width" | "height" | "zoomed"> {
  rounds: number;
  /** Of a round. */
  frames: number;
  work: Percentiles;
  between: Percentiles;
  /** CPU time of the page's main thread per frame, a mean: other programs do not lengthen it. Missing where the browser does not tell. */
  cpu?: Spread;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

function percentilesOf(rounds: readonly (readonly number[])[]): Percentiles {
  const of = (share: number): Spread => spreadOf(rounds.map((values) => percentile(values, share)));
  return { median: of(0.5), p95: of(0.95), longest: of(1) };
}

/** Measures `rounds` times, after a round that warms up. */
export async function measureMap({ page }: Headless, rounds: number): Promise<FramesFigure> {
  const round = (): Promise<FrameTimes> => page.evaluate("window.measureFrames()");
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable", { timeDomain: "threadTicks" });
  const cpuMs = async (): Promise<number> => {
    const { metrics } = await client.send("Performance.getMetrics");
    return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? NaN);
  };
  const { layers, dModel, width, height, zoomed, work } = await round();
  const all: FrameTimes[] = [];
  const cpu: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const before = await cpuMs();
    all.push(await round());
    cpu.push(((await cpuMs()) - before) / work.length);
  }
  return {
    ...{ layers, dModel, width, height, zoomed, rounds, frames: work.length },
    work: percentilesOf(all.map((one) => one.work)),
    between: percentilesOf(all.map((one) => one.between)),
    ...(cpu.every(Number.isFinite) ? { cpu: spreadOf(cpu) } : {}),
  };
}

/** "work 4.1 (4.0 to 4.3) ms, ..." for the terminal. */
export function mapLine({ work, between, cpu }: FramesFigure): string {
  const words = (name: string, { median, p95, longest }: Percentiles): string =>
    `${name}: median ${spreadText(median, 1)} ms, 95th percentile ${spreadText(p95, 1)}, longest ${spreadText(longest, 1)}\n`;
  const mean = cpu ? `CPU time of the main thread per frame: mean ${spreadText(cpu, 1)} ms\n` : "";
  return words("the page's work per frame", work) + words("between frames", between) + mean;
}
