// The objective of a training step in TensorFlow.js (METHOD.md 1.1 to 1.4).
import * as tf from "@tensorflow/tfjs-core";
import type { ModelConfig } from "../../src/engine/config/modelConfig.ts";
import { budgetOf } from "../../src/engine/masks/budget.ts";
import { LOGIT_OFFSET } from "../../src/engine/masks/gates.ts";
import { NORM_EPS } from "../../src/engine/prune/gates/hypernetLayout.ts";
import { type BlockArray, HIDDEN, type HypernetArray, type StepRecipe } from "./peer.ts";

export type TfParameters = Record<HypernetArray, tf.Variable>;
type Block = Record<BlockArray, tf.Tensor>;
export interface TfWeights {
  embedding: tf.Tensor;
  head: tf.Tensor;
  finalNorm: tf.Tensor;
  blocks: Block[];
}
export interface TfConstants {
  /** (2, S, 32): z and z reversed. */
  z2: tf.Tensor3D;
  /** (1, T, headDim / 2) each. */
  cos: tf.Tensor;
  sin: tf.Tensor;
  /** (1, T, T): 0 where a token may look, else a large negative number. */
  causal: tf.Tensor;
}
/** ids: (T). noiseD: (4L, d), noiseF: (L, f). */
export interface TfBatch {
  ids: tf.Tensor1D;
  noiseD: tf.Tensor2D;
  noiseF: tf.Tensor2D;
}

/** x w^T, of matrices or of batches of them. */
const linear = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => tf.matMul(x, w, false, true);

type Pair = [tf.Tensor, tf.Tensor];
type Triple = [tf.Tensor, tf.Tensor, tf.Tensor];

/** (S, 2H): the states of both directions, which step together. */
function gru(p: TfParameters, z2: tf.Tensor3D): tf.Tensor {
  let h: tf.Tensor = tf.zeros([2, 1, HIDDEN]);
  const states = tf.split(tf.add(linear(z2, p.inputWeight), p.inputBias), z2.shape[1], 1).map((input) => {
    const [xr, xz, xn] = tf.split(input, 3, 2) as Triple;
    const [hr, hz, hn] = tf.split(tf.add(linear(h, p.hiddenWeight), p.hiddenBias), 3, 2) as Triple;
    const n = tf.tanh(tf.add(xn, tf.mul(tf.sigmoid(tf.add(xr, hr)), hn)));
    return (h = tf.add(n, tf.mul(tf.sigmoid(tf.add(xz, hz)), tf.sub(h, n))));
  });
  const [forward, backward] = tf.unstack(tf.concat(states, 1)) as Pair;
  return tf.concat([forward, tf.reverse(backward, 0)], 1);
}

/** Gate logits (4L, d) and (L, f). */
function gateLogits(p: TfParameters, z2: tf.Tensor3D, layers: number): { d: tf.Tensor; f: tf.Tensor } {
  const states = gru(p, z2);
  const { mean, variance } = tf.moments(states, 1, true);
  const unit = tf.mul(tf.sub(states, mean), tf.rsqrt(tf.add(variance, NORM_EPS)));
  const normed = tf.add(tf.mul(unit, p.normWeight), p.normBias);
  const gelu = tf.mul(tf.mul(normed, 0.5), tf.add(1, tf.erf(tf.mul(normed, Math.SQRT1_2))));
  const [first, middle, last] = tf.split(tf.reshape(gelu, [layers, 5, 2 * HIDDEN]), [3, 1, 1], 1) as Triple;
  const d = tf.reshape(tf.concat([first, last], 1), [4 * layers, 1, 2 * HIDDEN]);
  return { d: tf.squeeze(linear(d, p.headsD), [1]), f: tf.squeeze(linear(middle, p.headsF), [1]) };
}

/** ReinMax (METHOD.md 1.3): the value is the drawn gate, the gradient dB (1 - pi)/2 or dB pi/2. u: noise. */
const reinmax = (x: tf.Tensor, u: tf.Tensor): tf.Tensor =>
  tf.customGrad((logits, save) => {
    const pi = tf.sigmoid(tf.add(logits as tf.Tensor, LOGIT_OFFSET));
    const on = tf.less(u, pi);
    (save as tf.GradSaveFunc)([tf.mul(tf.where(on, tf.sub(1, pi), pi), 0.5)]);
    const gradFunc = (dy: tf.Tensor, [slope]: tf.Tensor[]): tf.Tensor => tf.mul(dy, slope as tf.Tensor);
    return { value: tf.cast(on, "float32"), gradFunc };
  })(x);

const rmsnorm = (x: tf.Tensor, weight: tf.Tensor, eps: number): tf.Tensor =>
  tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), eps))), weight);

/** x: (heads, T, headDim). */
function rope(x: tf.Tensor, { cos, sin }: TfConstants): tf.Tensor {
  const [a, b] = tf.split(x, 2, 2) as Pair;
  return tf.concat([tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))], 2);
}

/** (T, dq) from (T, dq + 2 dkv). The heads of a group read the same keys and values, so their queries are rows of one matrix. */
function attention(qkv: tf.Tensor, { heads, kvHeads, headDim }: ModelConfig, constants: TfConstants): tf.Tensor {
  const [tokens = 0] = qkv.shape;
  const byHead = tf.transpose(tf.reshape(qkv, [tokens, heads + 2 * kvHeads, headDim]), [1, 0, 2]);
  const [q, k, v] = tf.split(byHead, [heads, kvHeads, kvHeads], 0) as Triple;
  const rows = (heads / kvHeads) * tokens;
  const queries = tf.reshape(rope(q, constants), [kvHeads, rows, headDim]);
  const scores = tf.mul(linear(queries, rope(k, constants)), 1 / Math.sqrt(headDim));
  const weights = tf.softmax(tf.add(tf.reshape(scores, [heads, tokens, tokens]), constants.causal));
  const mixed = tf.matMul(tf.reshape(weights, [kvHeads, rows, tokens]), v);
  return tf.reshape(tf.transpose(tf.reshape(mixed, [heads, tokens, headDim]), [1, 0, 2]), [tokens, heads * headDim]);
}

interface Gates {
  /** s1, s2, s3 and s5. */
  d: tf.Tensor[];
  s4: tf.Tensor;
}

/** x: (T, d). */
function block(
  x: tf.Tensor,
  w: Block,
  gates: Gates,
  given: { config: ModelConfig; constants: TfConstants },
): tf.Tensor {
  const { config, constants } = given;
  const [s1, s2, s3, s5] = gates.d as [...Triple, tf.Tensor];
  const qkv = linear(tf.mul(rmsnorm(x, w.attentionNorm, config.normEps), s1), w.qkv);
  const y = tf.add(x, tf.mul(linear(attention(qkv, config, constants), w.o), s2));
  const gateUp = linear(tf.mul(rmsnorm(y, w.mlpNorm, config.normEps), s3), w.gateUp);
  const [gate, up] = tf.split(gateUp, 2, 1) as Pair;
  const middle = tf.mul(tf.mul(tf.mul(gate, tf.sigmoid(gate)), up), gates.s4);
  return tf.add(y, tf.mul(linear(middle, w.down), s5));
}

function crossEntropy(logits: tf.Tensor, ids: tf.Tensor1D): tf.Scalar {
  const [tokens = 0, vocab = 0] = logits.shape;
  const logp = tf.logSoftmax(tf.slice(logits, [0, 0], [tokens - 1, vocab]));
  return tf.mul(tf.sum(tf.mul(logp, tf.oneHot(tf.slice(ids, 1), vocab))), -1 / (tokens - 1));
}

/** R (METHOD.md 1.4). */
function penalty(d: tf.Tensor, f: tf.Tensor, config: ModelConfig, ratio: number): tf.Scalar {
  const { s1Cost, s2Cost, ups, blockWeights } = budgetOf(config);
  const counts = tf.sum(tf.reshape(d, [config.layers, 4, config.dModel]), 2);
  const [n1, n2, n3, n5] = tf.unstack(counts, 1) as [...Triple, tf.Tensor];
  const mlp = tf.mul(tf.sum(f, 1), tf.add(tf.mul(n3, ups), n5));
  const kept = tf.sum(tf.addN([tf.mul(n1, s1Cost), tf.mul(n2, s2Cost), mlp]));
  return tf.abs(tf.log(tf.div(kept, ratio * blockWeights)));
}

interface ObjectiveInputs {
  config: ModelConfig;
  recipe: StepRecipe;
  weights: TfWeights;
  constants: TfConstants;
  batch: TfBatch;
}

/** loss + lambda R, and the loss alone. */
export function tfObjective(p: TfParameters, given: ObjectiveInputs): { total: tf.Scalar; loss: tf.Scalar } {
  const { config, recipe, weights, constants, batch } = given;
  const logits = gateLogits(p, constants.z2, config.layers);
  const [d, f] = [reinmax(logits.d, batch.noiseD), reinmax(logits.f, batch.noiseF)];
  const [dGates, fGates] = [tf.unstack(d), tf.unstack(f)];
  let x = tf.gather(weights.embedding, batch.ids);
  weights.blocks.forEach((w, l) => {
    x = block(x, w, { d: dGates.slice(4 * l, 4 * l + 4), s4: fGates[l] as tf.Tensor }, { config, constants });
  });
  const loss = crossEntropy(linear(rmsnorm(x, weights.finalNorm, config.normEps), weights.head), batch.ids);
  return { total: tf.add(loss, tf.mul(penalty(d, f, config, recipe.ratio), recipe.lambda)), loss };
}
