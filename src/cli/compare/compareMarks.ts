// The marks and the legend of the chart of npm run compare, as SVG text.
import { escapedMarkup } from "../../shared/escapedMarkup.ts";

const SIDE_PX = 5;
const COLOURS = ["#1e5a3b", "#c2410c", "#1f4e79", "#a21caf", "#8a6d00", "#b91c1c", "#0e7490", "#4b5563", "#4d7c0f"];

/** Outlines around (0, 0), by half the length of a side. */
const OUTLINES = {
  circle: `M${-SIDE_PX} 0a${SIDE_PX} ${SIDE_PX} 0 1 0 ${2 * SIDE_PX} 0a${SIDE_PX} ${SIDE_PX} 0 1 0 ${-2 * SIDE_PX} 0Z`,
  square: `M${-SIDE_PX} ${-SIDE_PX}H${SIDE_PX}V${SIDE_PX}H${-SIDE_PX}Z`,
  triangle: `M0 ${-SIDE_PX - 1}L${SIDE_PX + 1} ${SIDE_PX}H${-SIDE_PX - 1}Z`,
  diamond: `M0 ${-SIDE_PX - 2}L${SIDE_PX + 2} 0L0 ${SIDE_PX + 2}L${-SIDE_PX - 2} 0Z`,
  cross: `M${-SIDE_PX} ${-SIDE_PX}L${SIDE_PX} ${SIDE_PX}M${-SIDE_PX} ${SIDE_PX}L${SIDE_PX} ${-SIDE_PX}`,
};
const SHAPES = ["circle", "square", "triangle", "diamond", "cross"] as const;

/** A coordinate to a tenth of a pixel. */
export const tenth = (value: number): string => String(Number(value.toFixed(1)));

export interface Mark {
  /** Index of the method: gives colour and shape, so that either distinguishes it. */
  method: number;
  /** Centre, CSS pixels. */
  x: number;
  y: number;
  /** Shown on hover; none in the legend. */
  title?: string;
}

/** One mark. */
export function markText({ method, x, y, title }: Mark): string {
  const shape = SHAPES[method % SHAPES.length] ?? "circle";
  const colour = COLOURS[method % COLOURS.length] ?? "#22251f";
  const style =
    shape === "cross"
      ? `fill="none" stroke="${colour}" stroke-width="3"`
      : `fill="${colour}" fill-opacity="0.85" stroke="#fbfaf5"`;
  const hover = title === undefined ? "" : `<title>${escapedMarkup(title)}</title>`;
  return `<path transform="translate(${tenth(x)} ${tenth(y)})" d="${OUTLINES[shape]}" ${style}>${hover}</path>`;
}

const LINE_PX = 22;

/** A line for each method and one for the best line, from (x, y) down. */
export function legendText(methods: readonly string[], x: number, y: number): string {
  const rows = methods.map((name, method) => {
    const at = y + LINE_PX * method;
    return `${markText({ method, x, y: at })}<text x="${x + 14}" y="${at + 4}">${escapedMarkup(name)}</text>`;
  });
  const at = y + LINE_PX * methods.length;
  const stroke = `<line x1="${x - 8}" x2="${x + 8}" y1="${at}" y2="${at}" stroke="#a9ab9c" stroke-width="2"/>`;
  return [...rows, `${stroke}<text x="${x + 14}" y="${at + 4}">best at each size</text>`].join("\n");
}
