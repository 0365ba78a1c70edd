// Every family as an ONNX graph: embedding, L blocks of attention and MLP, final norm, head. Mirrors model/decoder.ts.
import { invariant } from "../../errors.ts";
import type { ModelConfig } from "../../config/config.ts";
import { attentionOf, ropesOf } from "../../config/modelConfig.ts";
import type { RopeConfig } from "../../config/ropeFrequencies.ts";
import { FAMILIES } from "../../config/families/families.ts";
import type { TensorNames } from "../../config/families/family.ts";
import { activationNodes } from "./activation.ts";
import { attentionNodes, emptyCache, softcapNodes, splitHeads } from "./attention.ts";
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
  /** From `causalBias`, by the block's window. */
  biases: ReadonlyMap<number | undefined, Value>;
  angles: ReadonlyMap<RopeConfig, RopeAngles>;
}

/** Adds the complete model to the graph, with its inputs and outputs. */
export function decoderGraph(
  graph: GraphBuilder,
  config: ModelConfig,
  weights: OnnxWeights,
  selection: OnnxSelection,
): void {
  const inputs = decoderInputs(graph, config);
  const { headDim, context, layers } = config;
  const windows = new Set(Array.from({ length: layers }, (_, l) => attentionOf(config, l).window));
  const biases = new Map([...windows].map((window) => [window, causalBias(graph, inputs, config, window)]));
  const angles = new Map(
    ropesOf(config).map((rope, i) => {
      const section = i === 0 ? "rope" : `rope.${i + 1}`;
      return [rope, ropeAngles(graph, inputs.positions, { rope, headDim, context, section })];
    }),
  );
  const names = FAMILIES[config.family].names;
  const pass: Pass = { graph, config, names, weights, selection, inputs, biases, angles };
  let x = embedded(pass);
  for (let l = 0; l < layers; l++) x = decoderBlock(pass, l, x);
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
  /** The branch with zeros where it is cut, to which a norm of its own applies: (B, T, d). */
  const alone = (branch: typeof attend, read: Value): Value => branch(read, graph.op("Mul", [x, graph.float(0)]));
  const postNorm = (of: Value, name: string | undefined): Value => norm(pass, of, `${at}.${name}`);
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
    case "branch": {
      const middle = graph.op("Add", [x, attentionNorm(alone(attend, x))]);
      inMlp();
      return graph.op("Add", [middle, mlpNorm(alone(applyMlp, middle))]);
    }
    case "around": {
      const attended = postNorm(alone(attend, attentionNorm(x)), names.attentionPostNorm);
      const middle = graph.op("Add", [x, attended]);
      inMlp();
      return graph.op("Add", [middle, postNorm(alone(applyMlp, mlpNorm(middle)), names.mlpPostNorm)]);
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
  const { graph, config, names } = pass;
  const { heads, kvHeads, headDim, design, normEps } = config;
  const { biases } = design;
  const { rope, window } = attentionOf(config, l);
  const angles = rope && pass.angles.get(rope);
  const bias = pass.biases.get(window);
  const at = `${names.layers}${l}.`;
  const past = pastOf(pass, l);
  invariant(bias !== undefined, "bug", `block ${l}: expected a mask, got none`);
  const project = (name: string, count: number, change = (all: Value): Value => all): Value =>
    splitHeads(graph, change(linear(pass, x, at + name, biases.qkv)), count, headDim);
  const projectWithPosition = (name: string, count: number, headNorm: string | undefined): Value => {
    const normed = (of: Value): Value =>
      design.qkNorm && headNorm !== undefined
        ? rmsNormNodes(graph, of, { weight: normWeight(pass, `${at}${headNorm}`), eps: normEps })
        : of;
    const each = design.qkNormOfAllHeads ? project(name, count, normed) : normed(project(name, count));
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
  const normed = config.design.finalNorm ? norm(pass, x, names.finalNorm, config.logitsScale) : x;
  const hidden = config.embeddingWidth === undefined ? normed : linear(pass, normed, names.projectOut, false);
  const matrix = config.tiedHead
    ? weights.transposedTable(`${names.embedding}.weight`)
    : weights.matrix(`${names.head}.weight`);
  const bias = config.design.biases.head ? weights.vector(`${names.head}.bias`) : undefined;
  const { logitsCap } = config;
  if (logitsCap === undefined) affine(graph, hidden, { matrix, bias, output: LOGITS });
  else softcapNodes(graph, affine(graph, hidden, { matrix, bias }), logitsCap, LOGITS);
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

/** The weight of a norm, as it is multiplied. */
function normWeight({ graph, config, weights }: Pass, name: string): Value {
  const { normShift } = config.design;
  const stored = weights.vector(`${name}.weight`);
  return normShift === 0 ? stored : graph.op("Add", [stored, graph.float(normShift)]);
}

/** The norm of x, times `factor`. */
function norm(pass: Pass, x: Value, name: string, factor = 1): Value {
  const { graph, config, weights } = pass;
  const { norm: kind } = config.design;
  const plain = normWeight(pass, name);
  const weight = factor === 1 ? plain : graph.op("Mul", [plain, graph.float(Math.fround(factor))]);
  const eps = config.normEps;
  if (kind === "rms") return rmsNormNodes(graph, x, { weight, eps });
  return layerNormNodes(graph, x, { weight, bias: weights.vector(`${name}.bias`), eps });
}
