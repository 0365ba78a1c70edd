// Every family as an ONNX graph: embedding, L blocks of attention and MLP, final norm, head. Mirrors model/decoder.ts.
import { invariant } from "../../errors.ts";
import type { ModelConfig } from "../../config/config.ts";
import { FAMILIES } from "../../config/families/families.ts";
import type { TensorNames } from "../../config/families/family.ts";
import { activationNodes } from "./activation.ts";
import { attentionNodes, emptyCache, splitHeads } from "./attention.ts";
import { causalBias, type DecoderInputs, decoderInputs, decoderOutputs, LOGITS, type PastKv } from "./decoderInputs.ts";
import type { GraphBuilder, Value } from "./graphBuilder.ts";
import { layerNormNodes, rmsNormNodes } from "./norm.ts";
import type { OnnxWeights } from "./onnxWeights.ts";
import { type RopeAngles, ropeAngles, rotateHeads } from "./rope.ts";
import type { OnnxSelection } from "./selection.ts";

const [S1, S2, S3, S5] = [0, 1, 2, 4];

/** Shared by all parts of the graph. */
interface Pass {
  graph: GraphBuilder;
  config: ModelConfig;
  names: TensorNames;
  weights: OnnxWeights;
  selection: OnnxSelection;
  inputs: DecoderInputs;
  /** From `causalBias`. */
  bias: Value;
  angles?: RopeAngles;
}

/** Adds the complete model to the graph, with its inputs and outputs. */
export function decoderGraph(
  graph: GraphBuilder,
  config: ModelConfig,
  weights: OnnxWeights,
  selection: OnnxSelection,
): void {
  const inputs = decoderInputs(graph, config);
  const bias = causalBias(graph, inputs, config);
  const { rope, headDim, context } = config;
  const angles = rope && ropeAngles(graph, inputs.positions, { rope, headDim, context });
  const names = FAMILIES[config.family].names;
  const pass: Pass = { graph, config, names, weights, selection, inputs, bias, ...(angles ? { angles } : {}) };
  let x = embedded(pass);
  for (let l = 0; l < config.layers; l++) x = decoderBlock(pass, l, x);
  head(pass, x);
  decoderOutputs(graph, config);
}

/** The residual stream before the first block, (B, T, d). */
function embedded({ graph, config, names, weights, inputs }: Pass): Value {
  graph.section("embedding");
  const { embeddingScale } = config.design;
  let x = weights.rows(`${names.embedding}.weight`, inputs.ids);
  if (embeddingScale !== 1) x = graph.op("Mul", [x, graph.float(Math.fround(embeddingScale))]);
  if (config.embeddingWidth !== undefined) x = linear({ graph, weights }, x, names.projectIn, false);
  if (!names.positions) return x;
  const rows = graph.op("Add", [inputs.positions, graph.int(names.positions.unusedRows)]);
  return graph.op("Add", [x, weights.rows(`${names.positions.name}.weight`, rows)]);
}

/** One block, with its norms placed as in Design.normPlace: (B, T, d) to (B, T, d). */
function decoderBlock(pass: Pass, l: number, x: Value): Value {
  const { graph, config, names, selection } = pass;
  const at = `${names.layers}${l}`;
  const attentionNorm = (of: Value): Value => norm(pass, of, `${at}.${names.attentionNorm}`);
  const mlpNorm = (of: Value): Value => {
    invariant(names.mlpNorm !== undefined, "bug", `${at}: expected a norm before the MLP, got none`);
    return norm(pass, of, `${at}.${names.mlpNorm}`);
  };
  const attend = (read: Value, to: Value): Value => {
    if (!selection.dropped(l, S2))
      return selection.leave(to, attentionBranch(pass, l, selection.enter(read, l, S1)), l, S2);
    emptyCache(graph, config, { l, ids: pass.inputs.ids, past: pastOf(pass, l) });
    return to;
  };
  const applyMlp = (read: Value, to: Value): Value =>
    selection.dropped(l, S5) ? to : selection.leave(to, mlpBranch(pass, l, selection.enter(read, l, S3)), l, S5);
  const inMlp = (): void => graph.section(`${at}/mlp`);

  graph.section(`${at}/attention`);
  switch (config.design.normPlace) {
    case "before": {
      const middle = attend(attentionNorm(x), x);
      inMlp();
      return applyMlp(mlpNorm(middle), middle);
    }
    case "after": {
      const middle = attentionNorm(attend(x, x));
      inMlp();
      return mlpNorm(applyMlp(middle, middle));
    }
    case "parallel": {
      const read = attentionNorm(x);
      const middle = attend(read, x);
      inMlp();
      return applyMlp(read, middle);
    }
  }
}

function pastOf({ inputs }: Pass, l: number): PastKv {
  const past = inputs.past[l];
  invariant(past, "bug", `block ${l}: expected a KV cache, got none`);
  return past;
}

/** Attention of (B, T, |s1|) with its output projection: (B, T, |s2|). */
function attentionBranch(pass: Pass, l: number, x: Value): Value {
  const { graph, config, names, angles, bias } = pass;
  const { heads, kvHeads, headDim, design, normEps } = config;
  const { biases } = design;
  const at = `${names.layers}${l}.`;
  const past = pastOf(pass, l);
  const project = (name: string, count: number): Value =>
    splitHeads(graph, linear(pass, x, at + name, biases.qkv), count, headDim);
  const projectWithPosition = (name: string, count: number, headNorm: string | undefined): Value => {
    let each = project(name, count);
    if (design.qkNorm && headNorm !== undefined) {
      each = rmsNormNodes(graph, each, { weight: pass.weights.vector(`${at}${headNorm}.weight`), eps: normEps });
    }
    return angles ? rotateHeads(graph, each, angles, headDim) : each;
  };
  const q = projectWithPosition(names.q, heads, names.qNorm);
  const k = projectWithPosition(names.k, kvHeads, names.kNorm);
  const v = project(names.v, kvHeads);
  const mixed = attentionNodes(graph, config, { l, q, k, v, past, bias });
  return linear(pass, mixed, at + names.o, biases.o);
}

/** The MLP of (B, T, |s3|): (B, T, |s5|). */
function mlpBranch(pass: Pass, l: number, x: Value): Value {
  const { graph, config, names } = pass;
  const { activation, biases } = config.design;
  const at = `${names.layers}${l}.`;
  const [first, second] = names.ups.map((name) => linear(pass, x, at + name, biases.mlp));
  invariant(
    first !== undefined && config.glu === (second !== undefined),
    "bug",
    `${at}: expected two projections of a GLU, otherwise one`,
  );
  const activated = activationNodes(graph, first, activation);
  const inner = second === undefined ? activated : graph.op("Mul", [activated, second]);
  return linear(pass, inner, at + names.down, biases.mlp);
}

/** Final norm, projection and head; makes the output `logits`. */
function head(pass: Pass, x: Value): void {
  const { graph, config, names, weights } = pass;
  graph.section("head");
  const normed = config.design.finalNorm ? norm(pass, x, names.finalNorm) : x;
  const hidden = config.embeddingWidth === undefined ? normed : linear(pass, normed, names.projectOut, false);
  const matrix = config.tiedHead
    ? weights.transposedTable(`${names.embedding}.weight`)
    : weights.matrix(`${names.head}.weight`);
  const bias = config.design.biases.head ? weights.vector(`${names.head}.bias`) : undefined;
  affine(graph, hidden, { matrix, bias, output: LOGITS });
}

function linear(
  { graph, weights }: Pick<Pass, "graph" | "weights">,
  x: Value,
  name: string | undefined,
  biased: boolean,
): Value {
  invariant(name !== undefined, "bug", "expected the name of a linear layer, got none");
  const matrix = weights.matrix(`${name}.weight`);
  return affine(graph, x, { matrix, bias: biased ? weights.vector(`${name}.bias`) : undefined });
}

interface Affine {
  /** (in, out) */
  matrix: Value;
  /** (out) */
  bias: Value | undefined;
  /** Name of the result where it is an output of the graph. */
  output?: string;
}

/** x matrix + bias, (B, T, in) to (B, T, out). */
function affine(graph: GraphBuilder, x: Value, { matrix, bias, output }: Affine): Value {
  if (bias === undefined) return graph.op("MatMul", [x, matrix], {}, output);
  return graph.op("Add", [graph.op("MatMul", [x, matrix]), bias], {}, output);
}

function norm({ graph, config, weights }: Pass, x: Value, name: string): Value {
  const { norm: kind, normShift } = config.design;
  const stored = weights.vector(`${name}.weight`);
  const weight = normShift === 0 ? stored : graph.op("Add", [stored, graph.float(normShift)]);
  const eps = config.normEps;
  if (kind === "rms") return rmsNormNodes(graph, x, { weight, eps });
  return layerNormNodes(graph, x, { weight, bias: weights.vector(`${name}.bias`), eps });
}
