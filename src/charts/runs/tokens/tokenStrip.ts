// A text, token by token, coloured by which of two runs predicts it better: the loss of A less that of B in nats.
import { createCursor } from "../../lib/cursor.ts";
import { chartOf, createFrame } from "../../lib/frame.ts";
import type { Chart } from "../../lib/frame.ts";
import { drawLegend, textWidth } from "../../lib/legend.ts";

export interface TokenStripData {
  tokens: readonly string[];
  /** Losses in nats; NaN where a token is not scored. */
  first: ArrayLike<number>;
  second: ArrayLike<number>;
}

const LINE_PX = 19;
/** Strongest tint, so that the words stay readable on it; differences of so many nats have it. */
const MOST_OPACITY = 0.62;
const STRONG_NATS = 2;

const shownOf = (token: string): string => token.replaceAll("\n", "⏎").replaceAll("\t", "⇥") || " ";

interface Box {
  x: number;
  y: number;
  width: number;
}

/** Draws the strip into `node`. */
export function tokenStrip(node: HTMLElement): Chart<TokenStripData> {
  let data: TokenStripData | null = null;
  let boxes: Box[] = [];

  const frame = createFrame(node, "token-strip", (width) => {
    if (!data) return 0;
    const { tokens } = data;
    const items = [
      { label: "A predicts it better", colour: "--chart-only-a" },
      { label: "B predicts it better", colour: "--chart-only-b" },
      { label: `full colour from ${STRONG_NATS} nats on` },
    ];
    const top = drawLegend(legend, items, 0, 0, width) + 6;
    let [x, y] = [0, top];
    boxes = tokens.map((token) => {
      const wide = Math.max(4, textWidth(shownOf(token), frame.plot));
      if (x > 0 && x + wide > width) [x, y] = [0, y + LINE_PX];
      const box = { x, y, width: wide };
      x += wide + 1;
      return box;
    });
    words.selectAll("*").remove();
    let [better, scored] = [0, 0];
    boxes.forEach((box, i) => {
      const difference = differenceAt(i);
      if (Number.isFinite(difference)) {
        scored += 1;
        if (difference > 0) better += 1;
        const tint = words.append("rect").attr("x", box.x).attr("y", box.y);
        tint.attr("width", box.width).attr("height", LINE_PX - 3);
        tint.style("fill", difference > 0 ? "var(--chart-only-b)" : "var(--chart-only-a)");
        tint.style("opacity", MOST_OPACITY * Math.min(1, Math.abs(difference) / STRONG_NATS));
      }
      const text = words
        .append("text")
        .attr("x", box.x)
        .attr("y", box.y + 12)
        .attr("class", "chart-strong");
      text.style("white-space", "pre").text(shownOf(tokens[i] ?? ""));
    });
    frame.label(
      `${tokens.length} tokens coloured by difference of loss: B predicts ${better} of ${scored} better, A the others.`,
    );
    cursor.refresh();
    return y + LINE_PX;
  });
  const legend = frame.svg.append("g");
  const words = frame.svg.append("g");
  const mark = frame.svg
    .append("rect")
    .attr("class", "chart-cursor")
    .attr("height", LINE_PX - 2);
  mark.style("display", "none");

  const differenceAt = (i: number): number => (data?.first[i] ?? NaN) - (data?.second[i] ?? NaN);
  const nats = (value: number | undefined): string =>
    value === undefined || Number.isNaN(value) ? "not scored" : `${value.toFixed(3)} nats`;
  const cursor = createCursor<number>(frame, {
    locate(x, y) {
      const found = boxes.findIndex((box) => x >= box.x && x <= box.x + box.width && y >= box.y && y < box.y + LINE_PX);
      return found < 0 ? null : found;
    },
    move(at, dx, dy) {
      if (boxes.length === 0) return null;
      const box = boxes[at ?? 0];
      const target = Math.max(0, Math.min(boxes.length - 1, (at ?? 0) + dx));
      if (!box || dy === 0 || !Number.isFinite(dy)) return target;
      const line = boxes.findLastIndex((other) => other.y === box.y + dy * LINE_PX && other.x <= box.x);
      return line < 0 ? target : line;
    },
    show(at) {
      mark.style("display", at === null ? "none" : "");
      const box = at === null ? undefined : boxes[at];
      if (at === null || !box || !data) return null;
      mark
        .attr("x", box.x - 0.5)
        .attr("y", box.y - 1)
        .attr("width", box.width + 1);
      const rows = [
        { label: "loss of A", value: nats(data.first[at]), colour: "--chart-only-a" },
        { label: "loss of B", value: nats(data.second[at]), colour: "--chart-only-b" },
        { label: "A less B", value: nats(differenceAt(at)) },
      ];
      return {
        x: box.x + box.width,
        y: box.y + LINE_PX,
        tip: { title: `token ${at}: “${shownOf(data.tokens[at] ?? "")}”`, rows },
      };
    },
  });

  return chartOf(frame, (next) => (data = next));
}
