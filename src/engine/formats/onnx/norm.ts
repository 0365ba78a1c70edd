// RMSNorm and LayerNorm from standard operators, over the last axis.
import type { GraphBuilder, Value } from "./graphBuilder.ts";

interface NormValues {
  /** (d) */
  weight: Value;
  eps: number;
}

/** x / sqrt(mean(x^2) + eps) * weight (Zhang and Sennrich 2019), with the operators that runtimes recognise and fuse. */
export function rmsNormNodes(graph: GraphBuilder, x: Value, { weight, eps }: NormValues): Value {
  const square = graph.op("Pow", [x, graph.float(2)]);
  const mean = graph.op("ReduceMean", [square, graph.ints(-1)], { keepdims: 1 });
  const root = graph.op("Sqrt", [graph.op("Add", [mean, graph.float(Math.fround(eps))])]);
  return graph.op("Mul", [graph.op("Div", [x, root]), weight]);
}

/** (x - mean) / sqrt(variance + eps) * weight + bias (Ba et al. 2016). */
export function layerNormNodes(
  graph: GraphBuilder,
  x: Value,
  { weight, bias, eps }: NormValues & { bias: Value },
): Value {
  return graph.op("LayerNormalization", [x, weight, bias], { axis: -1, epsilon: { float: eps } });
}
