// Causal attention with grouped KV heads and a cache, from standard operators.
import type { ModelConfig } from "../../config/config.ts";
import { presentNames, type PastKv } from "./decoderInputs.ts";
import type { GraphBuilder, Value } from "./graphBuilder.ts";

/** (B, T, heads headDim) -> (B, T, heads, headDim) */
export function splitHeads(graph: GraphBuilder, x: Value, heads: number, headDim: number): Value {
  return graph.op("Reshape", [x, graph.ints(0, 0, heads, headDim)]);
}

/** cap tanh(x / cap); x without a cap. output: name of the result where it is an output of the graph. */
export function softcapNodes(graph: GraphBuilder, x: Value, cap: number | undefined, output?: string): Value {
  if (cap === undefined) return x;
  const factor = graph.float(Math.fround(cap));
  return graph.op("Mul", [graph.op("Tanh", [graph.op("Div", [x, factor])]), factor], {}, output);
}

/** The outputs present.l.key and present.l.value of a block without attention: zeros, as long as those of the others. */
export function emptyCache(
  graph: GraphBuilder,
  { kvHeads, headDim }: ModelConfig,
  { l, ids, past }: { l: number; ids: Value; past: PastKv },
): void {
  const size = (axis: number): Value => graph.op("Gather", [graph.op("Shape", [ids]), graph.ints(axis)], { axis: 0 });
  const shape = graph.op("Concat", [size(0), graph.ints(kvHeads), size(1), graph.ints(headDim)], { axis: 0 });
  const zeros = graph.op("Expand", [graph.float(0), shape]);
  const present = presentNames(l);
  graph.op("Concat", [past.key, zeros], { axis: 2 }, present.key);
  graph.op("Concat", [past.value, zeros], { axis: 2 }, present.value);
}

interface AttentionValues {
  /** Index of the block. */
  l: number;
  /** (B, T, heads, headDim) */
  q: Value;
  /** (B, T, kvHeads, headDim) */
  k: Value;
  v: Value;
  past: PastKv;
  /** From `causalBias`. */
  bias: Value;
}

/**
 * softmax(q k^T / sqrt(headDim) + bias) v over past and new keys, (B, T, heads headDim). Also makes the outputs present.l.key and
 * present.l.value. Queries that share a KV head are rows of one matrix, so that keys need not be repeated.
 */
export function attentionNodes(
  graph: GraphBuilder,
  { heads, kvHeads, headDim, attentionScale = 1 / Math.sqrt(headDim), attentionCap }: ModelConfig,
  { l, q, k, v, past, bias }: AttentionValues,
): Value {
  const group = heads / kvHeads;
  const present = presentNames(l);
  const extend = (before: Value, now: Value, name: string): Value =>
    graph.op("Concat", [before, graph.op("Transpose", [now], { perm: [0, 2, 1, 3] })], { axis: 2 }, name);
  const keys = extend(past.key, k, present.key);
  const values = extend(past.value, v, present.value);

  const grouped = graph.op("Reshape", [q, graph.ints(0, 0, kvHeads, group, headDim)]);
  const byKvHead = graph.op("Transpose", [grouped], { perm: [0, 2, 3, 1, 4] });
  const queries = graph.op("Reshape", [byKvHead, graph.ints(0, kvHeads, -1, headDim)]);
  const scaled = graph.op("Mul", [queries, graph.float(Math.fround(attentionScale))]);
  const products = graph.op("MatMul", [scaled, graph.op("Transpose", [keys], { perm: [0, 1, 3, 2] })]);
  const scores = softcapNodes(graph, products, attentionCap);
  const weights = graph.op("Softmax", [graph.op("Add", [scores, bias])], { axis: -1 });
  const mixed = graph.op("MatMul", [weights, values]);
  const ungrouped = graph.op("Reshape", [mixed, graph.ints(0, kvHeads, group, -1, headDim)]);
  const byToken = graph.op("Transpose", [ungrouped], { perm: [0, 3, 1, 2, 4] });
  return graph.op("Reshape", [byToken, graph.ints(0, 0, heads * headDim)]);
}
