// The MLP's activations from standard operators; only newer operator sets have GELU as a single operator.
import type { Design } from "../../config/modelConfig.ts";
import type { GraphBuilder, Value } from "./graphBuilder.ts";

const CUBIC = 0.044715;

/** Applies the activation to every element of x. */
export function activationNodes(graph: GraphBuilder, x: Value, activation: Design["activation"]): Value {
  switch (activation) {
    case "silu":
      return graph.op("Mul", [x, graph.op("Sigmoid", [x])]);
    case "relu":
      return graph.op("Relu", [x]);
    case "gelu":
      return halfOf(graph, x, graph.op("Erf", [graph.op("Div", [x, constant(graph, Math.SQRT2)])]));
    case "gelu_tanh": {
      const cube = graph.op("Pow", [x, graph.float(3)]);
      const inner = graph.op("Add", [x, graph.op("Mul", [cube, constant(graph, CUBIC)])]);
      return halfOf(graph, x, graph.op("Tanh", [graph.op("Mul", [inner, constant(graph, Math.sqrt(2 / Math.PI))])]));
    }
  }
}

/** x / 2 (1 + y): both forms of GELU (Hendrycks and Gimpel 2016). */
function halfOf(graph: GraphBuilder, x: Value, y: Value): Value {
  const half = graph.op("Mul", [x, graph.float(0.5)]);
  return graph.op("Mul", [half, graph.op("Add", [y, graph.float(1)])]);
}

const constant = (graph: GraphBuilder, value: number): Value => graph.float(Math.fround(value));
