// A text token by token, coloured by which of two runs predicts it better: from losses to boxes on lines, tints and words.
import { nats } from "../../../shared/format.ts";
import type { Geometry, Places } from "../../lib/frame/chart.ts";
import type { Space } from "../../lib/frame/frame.ts";
import { legendGeometry, type LegendGeometry } from "../../lib/marks/legend.ts";
import { clampIndex } from "../../lib/numbers/span.ts";

export interface TokenStripData {
  tokens: readonly string[];
  /** Losses in nats of runs A and B; NaN where a token is not scored. */
  first: ArrayLike<number>;
  second: ArrayLike<number>;
}

/** A token on its line, CSS pixels. */
interface TokenBox {
  x: number;
  y: number;
  width: number;
  /** As it is shown: line breaks and tabs as signs. */
  text: string;
  /** A custom property of theme.css and its opacity; null where the token is not scored. */
  tint: { colour: string; opacity: number } | null;
}

export interface TokenGeometry extends Geometry {
  data: TokenStripData;
  legend: LegendGeometry;
  boxes: readonly TokenBox[];
}

export const LINE_PX = 19;
/** Height of a tint, which leaves a gap between lines. */
export const TINT_PX = LINE_PX - 3;
const GAP_PX = 1;
const LEAST_PX = 4;
/** Strongest tint, so that the words stay readable on it. */
const MOST_OPACITY = 0.62;
/** Differences from this on have the strongest tint. */
const STRONG_NATS = 2;

const LEGEND = [
  { label: "A better", colour: "--chart-only-a" },
  { label: "B better", colour: "--chart-only-b" },
  { label: `full colour: a difference of ${STRONG_NATS} nats or more` },
];

const shownOf = (token: string): string => token.replaceAll("\n", "⏎").replaceAll("\t", "⇥") || " ";

/** Loss of A less that of B at token i; NaN where it is not scored. */
const differenceAt = ({ first, second }: TokenStripData, i: number): number => (first[i] ?? NaN) - (second[i] ?? NaN);

/** Sets the tokens in lines of the width of the chart. */
export function tokenGeometry(data: TokenStripData, space: Space): TokenGeometry {
  const legend = legendGeometry(LEGEND, space);
  let [x, y] = [0, legend.height + 6];
  let [better, scored] = [0, 0];
  const boxes = data.tokens.map((token, i): TokenBox => {
    const text = shownOf(token);
    const width = Math.max(LEAST_PX, space.measure(text));
    if (x > 0 && x + width > space.width) [x, y] = [0, y + LINE_PX];
    const difference = differenceAt(data, i);
    if (Number.isFinite(difference)) scored += 1;
    if (difference > 0) better += 1;
    const box = { x, y, width, text, tint: tintOf(difference) };
    x += width + GAP_PX;
    return box;
  });
  return {
    data,
    legend,
    boxes,
    height: y + LINE_PX,
    name: `${data.tokens.length} tokens, coloured by the difference in loss: B is better on ${better} of ${scored}, A on the others.`,
  };
}

function tintOf(difference: number): TokenBox["tint"] {
  if (!Number.isFinite(difference)) return null;
  const colour = difference > 0 ? "--chart-only-b" : "--chart-only-a";
  return { colour, opacity: MOST_OPACITY * Math.min(1, Math.abs(difference) / STRONG_NATS) };
}

const lossText = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? "not scored" : nats(value);

/** Places are indices of tokens. */
export const TOKEN_PLACES: Places<TokenGeometry, number> = {
  locate({ boxes }, x, y) {
    const found = boxes.findIndex((box) => x >= box.x && x <= box.x + box.width && y >= box.y && y < box.y + LINE_PX);
    return found < 0 ? null : found;
  },
  move({ boxes }, at, dx, dy) {
    if (boxes.length === 0) return null;
    const box = boxes[at ?? 0];
    const target = clampIndex((at ?? 0) + dx, boxes.length);
    if (!box || dy === 0 || !Number.isFinite(dy)) return target;
    const onLine = boxes.findLastIndex((other) => other.y === box.y + dy * LINE_PX && other.x <= box.x);
    return onLine < 0 ? target : onLine;
  },
  tip({ boxes, data }, at) {
    const box = boxes[at];
    if (!box) return null;
    const rows = [
      { label: "loss of A", value: lossText(data.first[at]), colour: "--chart-only-a" },
      { label: "loss of B", value: lossText(data.second[at]), colour: "--chart-only-b" },
      { label: "A − B", value: lossText(differenceAt(data, at)) },
    ];
    return { x: box.x + box.width, y: box.y + LINE_PX, tip: { title: `token ${at}: “${box.text}”`, rows } };
  },
};
