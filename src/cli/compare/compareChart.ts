// The chart of npm run compare as SVG text: perplexity against the kept share of the whole model. Needs no browser and no library.
import type { RunRecord } from "../../engine/index.ts";
import { percent, perplexityText } from "../../shared/format.ts";
import { alongAxis, axisOver, bestLine, type PlotPoint, type ValueAxis } from "../../shared/perplexityAxis.ts";
import { escapedMarkup } from "../../shared/escapedMarkup.ts";
import { legendText, type Mark, markText, tenth } from "./compareMarks.ts";
import { measuredOnText } from "./compareTable.ts";
import { compareMethodOf, type PlannedRun } from "./methods.ts";

const SIZE = { width: 880, height: 500 };
const PLOT = { left: 72, right: 640, top: 72, bottom: 440 };
/** Methods meet a budget only to within a gate, or a weight of every line, so sizes this close count as one. Percent of the model. */
const SAME_SIZE = 0.5;
/** Share of the range that stays free at each end of an axis. */
const ROOM = 0.06;
const TICKS = 4;

/** A place on an axis, in CSS pixels, and its number. */
interface Tick {
  at: number;
  text: string;
}

/** Everything the chart draws, in CSS pixels. */
interface CompareGeometry {
  x: readonly Tick[];
  y: readonly Tick[];
  /** True where the perplexities are on a logarithmic axis. */
  log: boolean;
  dense: Tick;
  best: readonly (readonly [number, number])[];
  marks: readonly Mark[];
  methods: readonly string[];
}

/** Where everything is drawn. The records are of one model and one text; there is at least one. planned: the run of each, where known. */
export function compareGeometry(records: readonly RunRecord[], planned: readonly PlannedRun[] = []): CompareGeometry {
  const dense: PlotPoint = { x: 100, y: records[0]?.perplexity.dense ?? NaN };
  const runs = records.map((record, i) => ({
    method: compareMethodOf(record, planned[i]),
    x: (100 * record.kept.modelWeights.kept) / record.kept.modelWeights.of,
    y: record.perplexity.pruned,
  }));
  const points = [...runs, dense];
  const across = axisOver(
    points.map(({ x }) => x),
    { room: ROOM, ticks: TICKS },
  );
  const up = axisOver(
    points.map(({ y }) => y),
    { room: ROOM, ticks: TICKS, mayBeLog: true },
  );
  const x = (value: number): number => PLOT.left + alongAxis(across, value) * (PLOT.right - PLOT.left);
  const y = (value: number): number => PLOT.bottom + alongAxis(up, value) * (PLOT.top - PLOT.bottom);
  const methods = [...new Set(runs.map(({ method }) => method))];
  const ticks = (axis: ValueAxis, place: (value: number) => number): Tick[] =>
    axis.ticks.map((tick) => ({ at: place(tick), text: String(tick) }));
  return {
    x: ticks(across, x),
    y: ticks(up, y),
    log: up.log,
    dense: { at: y(dense.y), text: perplexityText(dense.y) },
    best: bestLine(points, SAME_SIZE).map((point) => [x(point.x), y(point.y)] as const),
    marks: runs.map((run) => ({
      method: methods.indexOf(run.method),
      x: x(run.x),
      y: y(run.y),
      title: `${run.method}: ${percent(run.x / 100)} kept, perplexity ${perplexityText(run.y)}`,
    })),
    methods,
  };
}

/** SVG text of the records, which are of one model and one text. planned: the run of each, where known. Throws for no records. */
export function compareChart(records: readonly RunRecord[], planned: readonly PlannedRun[] = []): string {
  const [first] = records;
  if (!first) throw new Error("records: expected at least one finished run, got none");
  const { left, right, top } = PLOT;
  const { width, height } = SIZE;
  const geometry = compareGeometry(records, planned);
  const { dense, best, marks, methods } = geometry;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#22251f">
<rect width="100%" height="100%" fill="#fbfaf5"/>
<text x="${left}" y="26" font-size="17" font-weight="600">Perplexity against size, ${escapedMarkup(first.model.name)}</text>
<text x="${left}" y="46" fill="#5c6056">${escapedMarkup(measuredOnText(first).replace(/^.*?: /, ""))}</text>
${axesText(geometry)}
<line x1="${left}" x2="${right}" y1="${tenth(dense.at)}" y2="${tenth(dense.at)}" stroke="#22251f" stroke-dasharray="5 4"/>
<text x="${left + 6}" y="${tenth(dense.at - 5)}" stroke="#fbfaf5" stroke-width="3" paint-order="stroke">dense ${dense.text}</text>
<polyline points="${best.map((at) => at.map(tenth).join(",")).join(" ")}" fill="none" stroke="#a9ab9c" stroke-width="2"/>
${marks.map(markText).join("\n")}
${legendText(methods, right + 24, top + 8)}
</svg>
`;
}

function axesText({ x, y, log }: CompareGeometry): string {
  const { left, right, top, bottom } = PLOT;
  const down = x.map(({ at, text }) => {
    const line = `<line x1="${tenth(at)}" x2="${tenth(at)}" y1="${top}" y2="${bottom}" stroke="#e7e4d8"/>`;
    return `${line}<text x="${tenth(at)}" y="${bottom + 18}" text-anchor="middle">${text}</text>`;
  });
  const across = y.map(({ at, text }) => {
    const line = `<line x1="${left}" x2="${right}" y1="${tenth(at)}" y2="${tenth(at)}" stroke="#e7e4d8"/>`;
    return `${line}<text x="${left - 8}" y="${tenth(at + 4)}" text-anchor="end">${text}</text>`;
  });
  const middle = (top + bottom) / 2;
  return [
    ...down,
    ...across,
    `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#a9ab9c"/>`,
    `<text x="${(left + right) / 2}" y="${bottom + 40}" text-anchor="middle">kept share of the whole model, %</text>`,
    `<text transform="translate(20 ${middle}) rotate(-90)" text-anchor="middle">perplexity${log ? ", log scale" : ""}</text>`,
  ].join("\n");
}
