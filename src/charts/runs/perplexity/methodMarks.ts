// Colour and shape of each method that makes runs, so that either distinguishes it.
import { symbol, symbolCircle, symbolCross, symbolDiamond, symbolSquare, symbolStar } from "d3";
import { symbolTriangle, symbolWye } from "d3";

/** Area of a mark, square pixels. */
const AREA = 64;

export interface MethodMark {
  name: string;
  /** A custom property of theme.css. */
  colour: string;
  /** Path data around the origin. */
  path: string;
}

/** A shape of d3, or path data: a triangle that points down, a small circle, a hexagon. */
const SHAPES = [
  ["DISP-LLM", "--chart-kept", symbolCircle],
  ["DISP-LLM, moved target", "--chart-s2", "M-5,-4H5L0,5Z"],
  ["DISP-LLM, threshold", "--chart-only-b", "M-3,0A3,3,0,1,0,3,0A3,3,0,1,0,-3,0Z"],
  ["DISP-LLM, every ratio", "--chart-only-a", "M-5,0L-2.5,-4.4H2.5L5,0L2.5,4.4H-2.5Z"],
  ["DaSS", "--chart-s1", symbolSquare],
  ["Wanda", "--chart-s3", symbolTriangle],
  ["SparseGPT", "--chart-s4", symbolDiamond],
  ["magnitude", "--chart-s5", symbolCross],
  ["uniform magnitude", "--chart-loss", symbolStar],
  ["random", "--chart-muted", symbolWye],
] as const;

/** In the order of the legend. */
export const METHOD_MARKS: readonly MethodMark[] = SHAPES.map(([name, colour, shape]) => {
  return { name, colour, path: typeof shape === "string" ? shape : (symbol(shape, AREA)() ?? "") };
});
const FIRST: MethodMark = METHOD_MARKS[0] ?? { name: "", colour: "--chart-ink", path: "" };

/** The mark of a method; the first one for a method that is not known. */
export const markOf = (method: string): MethodMark => METHOD_MARKS.find(({ name }) => name === method) ?? FIRST;
