// Every chart with fixed data: what the gallery draws and the SVG snapshots record. A new chart gets an entry here.
import * as charts from "../index.ts";
import type { Chart } from "../index.ts";
import { blockData, budgetData, comparedData, gateData, logitData, overlapData, widthsData } from "./gates.fixture.ts";
import {
  everyRatioData,
  ratioCurveData,
  recoverCurveData,
  runData,
  tokenStripData,
  tradeoffData,
} from "./runs.fixture.ts";
import { matrixData, matrixSharesData, normsData, weightMapData } from "./weights.fixture.ts";

/** How much data: as in the studio on the page, little in the snapshots. */
type Amount = "page" | "snapshot";

export interface GalleryChart {
  /** Heading in the gallery and stem of the snapshot. */
  name: string;
  draw(node: HTMLElement, amount: Amount): { destroy(): void };
}

/** `data` gets true where there is little to draw. */
function entry<Data>(
  name: string,
  make: (node: HTMLElement) => Chart<Data>,
  data: (little: boolean) => Data,
): GalleryChart {
  return {
    name,
    draw(node, amount) {
      const chart = make(node);
      chart.update(data(amount === "snapshot"));
      return chart;
    },
  };
}

const masks = (little: boolean) => (little ? { layers: 2, dModel: 24 } : { layers: 8, dModel: 512 });
const steps = (little: boolean): number => (little ? 36 : 600);
const weightWindow: charts.WeightMapOptions["window"] = (_name, { row, col, rows, cols }) => {
  const values = Float32Array.from({ length: rows * cols }, (_, i) => Math.sin(i + row + col) / 4);
  return Promise.resolve({ row, col, rows, cols, values, scores: values.map((v) => 2 * Math.abs(v)) });
};

export const CHARTS: readonly GalleryChart[] = [
  entry("gateMap", charts.gateMap, (little) => gateData(masks(little))),
  entry("gateMap-compared", charts.gateMap, (little) => comparedData(masks(little))),
  entry("widths", charts.widths, (little) => widthsData(masks(little))),
  entry("budgetBars", charts.budgetBars, (little) => budgetData(masks(little))),
  entry("blockDiagram", charts.blockDiagram, (little) => blockData(masks(little))),
  entry("logitHistogram", charts.logitHistogram, (little) => logitData(little ? 12 : 48)),
  entry("overlapTable", charts.overlapTable, (little) => overlapData(masks(little))),
  entry("lossCurves", charts.lossCurves, (little) => runData(steps(little))),
  entry("keptRatio", charts.keptRatio, (little) => runData(steps(little))),
  entry("keptRatio-every", charts.keptRatio, (little) => everyRatioData(steps(little))),
  entry("ratioCurve", charts.ratioCurve, () => ratioCurveData()),
  entry("recoverCurve", charts.recoverCurve, () => recoverCurveData()),
  entry("tradeoff", charts.tradeoff, () => tradeoffData()),
  entry("tokenStrip", charts.tokenStrip, (little) => tokenStripData(little ? 1 : 3)),
  entry(
    "weightMap",
    (node) => charts.weightMap(node, { window: weightWindow }),
    (little) => (little ? weightMapData(16, 24) : weightMapData(128, 256)),
  ),
  ...([0, 1, 2] as const).map((prunings) =>
    entry(
      `weightMatrix${["-dense", "", "-compared"][prunings] ?? ""}`,
      (node) => charts.weightMatrix(node, { read: ({ cells }) => Promise.resolve(cells) }),
      (little) => (little ? matrixData(16, 24, prunings) : matrixData(128, 256, prunings)),
    ),
  ),
  entry("magnitudeHistogram", charts.magnitudeHistogram, (little) => matrixData(little ? 16 : 128, 256, 1)),
  entry("magnitudeHistogram-compared", charts.magnitudeHistogram, (little) => matrixData(little ? 16 : 128, 256, 2)),
  entry("norms", charts.norms, (little) => (little ? normsData(2, 24) : normsData(8, 512))),
  entry("norms-sorted", charts.norms, (little) => (little ? normsData(2, 24, true) : normsData(8, 512, true))),
  entry(
    "matrixShares",
    (node) => charts.matrixShares(node, ["gate", "up", "down"]),
    (little) => matrixSharesData(little ? 2 : 8),
  ),
];
