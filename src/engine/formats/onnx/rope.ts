// Rotary position embedding from standard operators: cosine and sine of every position from two small tables, and the rotation.
import type { RopeConfig } from "../../config/ropeConfig.ts";
import { ropeFrequencies, rotaryWidth } from "../../config/ropeTable.ts";
import type { GraphBuilder, Value } from "./graphBuilder.ts";

/** Positions in the fine table; the coarse table has one row per STRIDE positions. */
const STRIDE = 256;

export interface RopeAngles {
  /** How many of a head's dimensions are rotated. */
  rotaryDim: number;
  /** (B, T, 1, rotaryDim / 2) */
  cos: Value;
  sin: Value;
}

/** cos and sin (rows, pairs) of the positions 0, stride, 2 stride, ..., computed in f64. */
function tables(frequencies: Float64Array, rows: number, stride: number) {
  const pairs = frequencies.length;
  const table = (turn: (angle: number) => number): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length: rows * pairs }, (_, at) =>
      turn(Math.floor(at / pairs) * stride * (frequencies[at % pairs] ?? 0)),
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

interface RopeOptions {
  rope: RopeConfig;
  headDim: number;
  /** Number of positions that the model supports. */
  context: number;
}

/**
 * Cosine and sine at `positions`, I64 (B, T), below `context`. The tables end with the stride in which the context ends; CPU runtimes
 * refuse positions beyond them.
 * position = STRIDE h + l, and the angles of h and l are added: cos(a + b) = cos a cos b - sin a sin b, sin(a + b) = sin a cos b +
 * cos a sin b. So long contexts need no table of all positions, and no angle is computed in float32, which would be wrong in the third
 * digit at position 100,000.
 */
export function ropeAngles(graph: GraphBuilder, positions: Value, { rope, headDim, context }: RopeOptions): RopeAngles {
  graph.section("rope");
  const rotaryDim = rotaryWidth(rope, headDim);
  const frequencies = ropeFrequencies(rope, rotaryDim);
  const look = (name: string, rows: number, stride: number, index: Value): { cos: Value; sin: Value } => {
    const { cos, sin } = tables(frequencies, rows, stride);
    const shape = [rows, frequencies.length];
    return {
      cos: graph.op("Gather", [graph.floats(`rope.${name}.cos`, cos, shape), index], { axis: 0 }),
      sin: graph.op("Gather", [graph.floats(`rope.${name}.sin`, sin, shape), index], { axis: 0 }),
    };
  };
  const coarse = graph.op("Div", [positions, graph.int(STRIDE)]);
  const fine = graph.op("Sub", [positions, graph.op("Mul", [coarse, graph.int(STRIDE)])]);
  const a = look("coarse", Math.ceil(context / STRIDE), STRIDE, coarse);
  const b = look("fine", Math.min(STRIDE, context), 1, fine);
  const product = (x: Value, y: Value): Value => graph.op("Mul", [x, y]);
  const cos = graph.op("Sub", [product(a.cos, b.cos), product(a.sin, b.sin)]);
  const sin = graph.op("Add", [product(a.sin, b.cos), product(a.cos, b.sin)]);
  const overHeads = (value: Value): Value => graph.op("Unsqueeze", [value, graph.ints(2)]);
  return { rotaryDim, cos: overHeads(cos), sin: overHeads(sin) };
}

/** x (B, T, heads, headDim) with its first rotaryDim dimensions rotated. */
export function rotateHeads(graph: GraphBuilder, x: Value, angles: RopeAngles, headDim: number): Value {
  const { rotaryDim } = angles;
  if (rotaryDim === headDim) return rotate(graph, x, angles);
  const [rotated, rest] = graph.pair("Split", [x, graph.ints(rotaryDim, headDim - rotaryDim)], { axis: -1 });
  return graph.op("Concat", [rotate(graph, rotated, angles), rest], { axis: -1 });
}

/** x (B, T, heads, rotaryDim), its first half paired with its second: (x1 cos - x2 sin, x2 cos + x1 sin). */
function rotate(graph: GraphBuilder, x: Value, { cos, sin }: RopeAngles): Value {
  const [x1, x2] = graph.pair("Split", [x], { axis: -1, num_outputs: 2 });
  const first = graph.op("Sub", [graph.op("Mul", [x1, cos]), graph.op("Mul", [x2, sin])]);
  const second = graph.op("Add", [graph.op("Mul", [x2, cos]), graph.op("Mul", [x1, sin])]);
  return graph.op("Concat", [first, second], { axis: -1 });
}
