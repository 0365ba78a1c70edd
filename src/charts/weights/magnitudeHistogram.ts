// How the magnitudes of a matrix are spread: kept against removed weights, or by which of two prunings keeps them.
import { ticks } from "d3";
import { percent, significant, whole } from "../../shared/format.ts";
import type { Chart } from "../lib/frame/chart.ts";
import { stackedBars } from "../lib/bars/stackedBars.ts";
import type { StackedContent } from "../lib/bars/stackedGeometry.ts";
import { weightDigits } from "./map/weightTip.ts";
import { classesOf, type MatrixData, weightsOfClass } from "./matrix/matrixData.ts";

/** Draws the histogram into `node`. */
export const magnitudeHistogram = (node: HTMLElement): Chart<MatrixData> =>
  stackedBars(node, "magnitude-histogram", magnitudeContent);

const TICKS = 6;
/** The word of a tick at the end would be cut off. */
const LAST_TICK = 0.97;

function magnitudeContent(data: MatrixData): StackedContent {
  const { name, cells, keeps, values } = data;
  const { top, bins } = cells.magnitudes;
  // the class that is kept most surely is below
  const classes = classesOf(data);
  const count = bins[0]?.length ?? 0;
  const word = values === "change" ? "change" : "weight";
  const edge = (bin: number): string => weightDigits((bin * top) / count);
  const all = classes.reduce((sum, { of }) => sum + weightsOfClass(cells, of), 0);
  const shares = classes.map(({ of, label }) => `${label} ${percent(weightsOfClass(cells, of) / (all || 1))}`);
  return {
    kinds: classes.map(({ label, colour }) => ({ label, colour: solid(colour, keeps.length) })),
    bars: Array.from({ length: count }, (_, bin) => {
      const own = classes.map(({ of }) => bins[of]?.[bin] ?? 0);
      const rows = classes.map(({ label, colour }, k) => ({
        ...{ label, value: whole(own[k] ?? 0), colour: solid(colour, keeps.length) },
      }));
      const title =
        bin === count - 1 ? `|${word}| ${edge(bin)} and more` : `|${word}| ${edge(bin)} to ${edge(bin + 1)}`;
      return { from: bin / count, to: (bin + 1) / count, values: own, tip: { title, rows } };
    }),
    ticks:
      top > 0
        ? ticks(0, top, TICKS)
            .filter((value) => value < LAST_TICK * top)
            .map((value) => ({ at: value / top, text: significant(value, 3) }))
        : [],
    ...{ x: `|${word}|, the last bar also has larger ones`, y: "weights" },
    name:
      `Histogram of the magnitudes of ${whole(all)} ${values === "change" ? "changes" : "weights"} of ${name}: ` +
      `${shares.join(", ")}; 99.9 % are below ${weightDigits(top)}.`,
  };
}

const solid = (colour: string, prunings: number): string => (prunings > 1 ? colour : `${colour}-high`);
