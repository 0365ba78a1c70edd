// What the gate map says of its columns: what they are, in which order, and which of them and of the blocks are in view.
import { sentenceStart, whole } from "../../../shared/format.ts";
import { type Columns, type DimensionOrder } from "./dimensionOrder.ts";
import type { GateData } from "./gateImage.ts";
import { isMiddle } from "./gateTip.ts";
import { positionsIn, rangeWords } from "./gateView.ts";
import type { MapLayout } from "./mapLayout.ts";

export const columnNoun = (data: Pick<GateData, "side">): string => (isMiddle(data) ? "neuron" : "dimension");

const ORDER_WORDS: Readonly<Record<Exclude<DimensionOrder, "index">, string>> = {
  kept: "sorted by kept rate, most kept first",
  logit: "sorted by mean gate logit, largest first",
};

/** Which gate logits sort the columns, where they are not those of the masks. */
const earlierWords = ({ logits, earlier }: GateData, order: DimensionOrder): string =>
  order === "logit" && !logits && earlier ? ` (logits of step ${whole(earlier.step)})` : "";

interface Shown {
  layout: MapLayout;
  columns: Columns;
  measure: (text: string) => number;
}

interface ViewWords {
  /** Below the map: one line, or two where they do not fit; `long`: they start at the left edge. */
  axis: { lines: readonly string[]; long: boolean };
  /** After the accessible name: order and view, where they are not the usual ones; "" otherwise. */
  sentence: string;
}

/** Words of order and view. */
export function viewWords(data: GateData, { layout, columns, measure }: Shown): ViewWords {
  const { order } = columns;
  const plain = isMiddle(data) ? "MLP neuron (a number means another neuron in each block)" : "embedding dimension";
  const noun = order === "index" ? columnNoun(data) : "position";
  const missing = data.order && data.order !== order ? "by index: gate logits are not known" : "";
  const ordered =
    order === "index" ? missing : `${columnNoun(data)}s ${ORDER_WORDS[order]}${earlierWords(data, order)}`;
  const selected = data.selected?.words ? `selected: ${data.selected.words}` : "";
  const parts = [viewRange(data, layout, noun), ordered || plain, selected].filter(Boolean);
  const together = parts.join("; ");
  const fits = (text: string): boolean => measure(text) <= layout.left + layout.plotWidth;
  const lines = layout.narrow && !fits(together) ? [parts[0] ?? "", parts.slice(1).join("; ")] : [together];
  const long = lines.some((line) => measure(line) > layout.plotWidth);
  const said = parts.filter((part) => part !== plain);
  return { axis: { lines, long }, sentence: said.map((part) => ` ${sentenceStart(part)}.`).join("") };
}

/** What is in view, as a sentence for a screen reader. */
export function viewSentence(data: GateData, { layout, columns }: Pick<Shown, "layout" | "columns">): string {
  const noun = columns.order === "index" ? columnNoun(data) : "position";
  const range = viewRange(data, layout, noun);
  return range ? `${sentenceStart(range)}.` : "All of the map is in view.";
}

/** "zoomed: dimensions 120 to 259 of 4,096, blocks 3 to 5 of 32"; "" where everything is in view. */
function viewRange(data: GateData, layout: MapLayout, noun: string): string {
  const across = rangeWords(positionsIn(layout.from, 1 / layout.scale, data.dModel), data.dModel);
  const share = layout.mapHeight / Math.max(1, layout.rowsHeight);
  const down = rangeWords(
    positionsIn(layout.scrolled / Math.max(1, layout.rowsHeight), share, data.layers),
    data.layers,
  );
  if (!across && !down) return "";
  const all = `all ${whole(data.dModel)} ${noun}s`;
  return `zoomed: ${across ? `${noun}s ${across}` : all}${down ? `, blocks ${down}` : ""}`;
}

/** Width of the right margin from which long captions fit. */
const WIDE_PX = 60;

/** What is above the strip and the box plot. */
export function stripWords(data: GateData, layout: MapLayout): readonly [string, string] {
  const wide = layout.sideWidth >= WIDE_PX;
  const zoomed = layout.scale > 1;
  return [
    `kept rate of each ${columnNoun(data)}${wide ? " over depth" : ""}`,
    wide ? (zoomed ? "spread of all" : "distribution") : "spread",
  ];
}
