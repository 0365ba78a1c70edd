// Rotary position embedding from standard operators: cosine and sine of every position from two small tables, and the rotation.
import { ropeAttention, type RopeConfig, ropeFrequencies, rotaryWidth } from "../../config/ropeFrequencies.ts";
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

/** The positions 0, stride, 2 stride, ... of a table, and a factor on its values. */
interface TableRows {
  rows: number;
  stride: number;
  scale: number;
}

/** cos and sin (rows, pairs), computed in f64. */
function tables(frequencies: Float64Array, { rows, stride, scale }: TableRows) {
  const pairs = frequencies.length;
  const table = (turn: (angle: number) => number): Float32Array<ArrayBuffer> =>
    Float32Array.from(
      { length: rows * pairs },
      (_, at) => scale * turn(Math.floor(at / pairs) * stride * (frequencies[at % pairs] ?? 0)),
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

interface RopeOptions {
  rope: RopeConfig;
  headDim: number;
  /** Number of positions that the model supports. */
  context: number;
  /** Where the nodes are, and the prefix of the tables' names. */
  section?: string;
}

/**
 * Cosine and sine at `positions`, I64 (B, T), below `context`. The tables end with the stride in which the context ends; CPU runtimes
 * refuse positions beyond them.
 * position = STRIDE h + l, and the angles of h and l are added: cos(a + b) = cos a cos b - sin a sin b, sin(a + b) = sin a cos b +
 * cos a sin b. So long contexts need no table of all positions, and no angle is computed in float32, which would be wrong in the third
 * digit at position 100,000. Dynamic scaling changes nothing within the context. Longrope has two sets of tables; the largest position
 * chooses one for the entire pass, as in transformers. An attention factor is part of the coarse tables.
 */
export function ropeAngles(graph: GraphBuilder, positions: Value, options: RopeOptions): RopeAngles {
  const { rope, headDim, context, section = "rope" } = options;
  graph.section(section);
  const coarse = graph.op("Div", [positions, graph.int(STRIDE)]);
  const fine = graph.op("Sub", [positions, graph.op("Mul", [coarse, graph.int(STRIDE)])]);
  const at = (name: string, length: number): Angles => anglesOf(graph, { ...options, name, length, coarse, fine });
  const usual = at(section, 0);
  const { scaling } = rope;
  const overHeads = (value: Value): Value => graph.op("Unsqueeze", [value, graph.ints(2)]);
  const rotaryDim = rotaryWidth(rope, headDim);
  if (scaling?.type !== "longrope" || context <= scaling.originalContext) {
    return { rotaryDim, cos: overHeads(usual.cos), sin: overHeads(usual.sin) };
  }
  const long = at(`${section}.long`, context);
  const last = graph.op("ReduceMax", [positions], { keepdims: 0 });
  const isLong = graph.op("GreaterOrEqual", [last, graph.int(scaling.originalContext)]);
  const chosen = (of: "cos" | "sin"): Value => overHeads(graph.op("Where", [isLong, long[of], usual[of]]));
  return { rotaryDim, cos: chosen("cos"), sin: chosen("sin") };
}

/** (B, T, rotaryDim / 2) each. */
interface Angles {
  cos: Value;
  sin: Value;
}

/** What the angles of one set of frequencies are made from. */
interface AngleOptions extends RopeOptions {
  /** Prefix of the tables' names. */
  name: string;
  /** Tokens of the sequence, which choose the frequencies. */
  length: number;
  /** Row of each position in the coarse and in the fine table, I64 (B, T). */
  coarse: Value;
  fine: Value;
}

function anglesOf(graph: GraphBuilder, options: AngleOptions): Angles {
  const { rope, headDim, context, name, length } = options;
  const frequencies = ropeFrequencies(rope, rotaryWidth(rope, headDim), length);
  const look = (kind: "coarse" | "fine", of: TableRows): Angles => {
    const { cos, sin } = tables(frequencies, of);
    const shape = [of.rows, frequencies.length];
    return {
      cos: graph.op("Gather", [graph.floats(`${name}.${kind}.cos`, cos, shape), options[kind]], { axis: 0 }),
      sin: graph.op("Gather", [graph.floats(`${name}.${kind}.sin`, sin, shape), options[kind]], { axis: 0 }),
    };
  };
  const a = look("coarse", { rows: Math.ceil(context / STRIDE), stride: STRIDE, scale: ropeAttention(rope) });
  const b = look("fine", { rows: Math.min(STRIDE, context), stride: 1, scale: 1 });
  const product = (x: Value, y: Value): Value => graph.op("Mul", [x, y]);
  return {
    cos: graph.op("Sub", [product(a.cos, b.cos), product(a.sin, b.sin)]),
    sin: graph.op("Add", [product(a.sin, b.cos), product(a.cos, b.sin)]),
  };
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
