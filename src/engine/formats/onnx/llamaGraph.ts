// LLaMA as an ONNX graph: RMSNorm, RoPE, grouped KV heads, SwiGLU, head tied or not (the same forward as model/decoder.ts).
import { invariant } from "../../errors.ts";
import type { ModelConfig } from "../../model/config.ts";
import { attention, splitHeads } from "./attention.ts";
import { causalBias, decoderInputs, decoderOutputs, LOGITS } from "./decoderInputs.ts";
import type { GraphBuilder, Value } from "./graphBuilder.ts";
import type { OnnxWeights } from "./onnxWeights.ts";
import { ropeAngles, rotate } from "./rope.ts";
import type { OnnxSelection } from "./selection.ts";

const [S1, S2, S3, S5] = [0, 1, 2, 4];
const EMBEDDING = "model.embed_tokens.weight";

/** x / sqrt(mean(x^2) + eps) * weight over the last axis (Zhang and Sennrich 2019). In the shape in which runtimes know and fuse it. */
function rmsNorm(graph: GraphBuilder, x: Value, weight: Value, eps: number): Value {
  const square = graph.op("Pow", [x, graph.float(2)]);
  const mean = graph.op("ReduceMean", [square, graph.ints(-1)], { keepdims: 1 });
  const root = graph.op("Sqrt", [graph.op("Add", [mean, graph.float(Math.fround(eps))])]);
  return graph.op("Mul", [graph.op("Div", [x, root]), weight]);
}

/** Adds the whole model to the graph. */
export function llamaGraph(
  graph: GraphBuilder,
  config: ModelConfig,
  weights: OnnxWeights,
  selection: OnnxSelection,
): void {
  const { layers, heads, kvHeads, headDim, normEps } = config;
  invariant(config.rope, "bug", "a LLaMA without RoPE");
  const inputs = decoderInputs(graph, config);
  const bias = causalBias(graph, inputs, heads / kvHeads);
  const angles = ropeAngles(graph, config.rope, headDim, config.context, inputs.positions);
  const linear = (x: Value, name: string, output?: string): Value =>
    graph.op("MatMul", [x, weights.matrix(name)], {}, output);
  const norm = (x: Value, name: string): Value => rmsNorm(graph, x, weights.vector(name), normEps);

  graph.section("embedding");
  let x = weights.rows(EMBEDDING, inputs.ids);
  for (let l = 0; l < layers; l++) {
    const at = `model.layers.${l}`;
    const past = inputs.past[l] ?? { key: "", value: "" };

    graph.section(`${at}/attention`);
    const read = selection.enter(norm(x, `${at}.input_layernorm.weight`), l, S1);
    const head = (name: string, count: number): Value =>
      splitHeads(graph, linear(read, `${at}.self_attn.${name}_proj.weight`), count, headDim);
    const q = rotate(graph, head("q", heads), angles);
    const k = rotate(graph, head("k", kvHeads), angles);
    const mixed = attention(graph, config, l, [q, k, head("v", kvHeads)], past, bias);
    const middle = selection.leave(x, linear(mixed, `${at}.self_attn.o_proj.weight`), l, S2);

    graph.section(`${at}/mlp`);
    const input = selection.enter(norm(middle, `${at}.post_attention_layernorm.weight`), l, S3);
    const gate = linear(input, `${at}.mlp.gate_proj.weight`);
    const activated = graph.op("Mul", [gate, graph.op("Sigmoid", [gate])]);
    const product = graph.op("Mul", [activated, linear(input, `${at}.mlp.up_proj.weight`)]);
    x = selection.leave(middle, linear(product, `${at}.mlp.down_proj.weight`), l, S5);
  }

  graph.section("head");
  const hidden = norm(x, "model.norm.weight");
  if (config.tiedHead) graph.op("MatMul", [hidden, weights.transposedTable(EMBEDDING)], {}, LOGITS);
  else linear(hidden, "lm_head.weight", LOGITS);
  decoderOutputs(graph, config);
}
