// The objective of a training step in jax-js (METHOD.md 1.1 to 1.4). Its functions take ownership of their arrays; `ref` keeps one.
import { lax, nn, numpy as np } from "@jax-js/jax";
import type { ModelConfig } from "../../src/engine/config/modelConfig.ts";
import { budgetOf } from "../../src/engine/masks/budget.ts";
import { LOGIT_OFFSET } from "../../src/engine/masks/gates.ts";
import { NORM_EPS } from "../../src/engine/prune/gates/hypernetLayout.ts";
import { type BlockArray, HIDDEN, type HypernetArray, type StepRecipe } from "./peer.ts";

// Type aliases, because jax-js's trees take no interfaces.
export type JaxParameters = Record<HypernetArray, np.Array>;
type Block = Record<BlockArray, np.Array>;
export type JaxWeights = { embedding: np.Array; head: np.Array; finalNorm: np.Array; blocks: Block[] };
/** z2: (2, S, 32), z and z reversed. cos and sin: (T, 1, headDim / 2). */
export type JaxConstants = { z2: np.Array; cos: np.Array; sin: np.Array };
/** ids: (T). noiseD: (4L, d), noiseF: (L, f). correction: 1 - beta^step for both of Adam's betas. */
export type JaxBatch = { ids: np.Array; noiseD: np.Array; noiseF: np.Array; correction: np.Array };

/** (S, 2H): the states of both directions, which step together. */
function gru(p: JaxParameters, z2: np.Array): np.Array {
  const [, steps = 0] = z2.shape;
  const x = np.matmul(z2, p.inputWeight.transpose([0, 2, 1])).add(p.inputBias);
  const w = p.hiddenWeight.transpose([0, 2, 1]);
  const third = (a: np.Array, i: number): np.Array => a.ref.slice([], [], [i * HIDDEN, (i + 1) * HIDDEN]);
  let h = np.zeros([2, 1, HIDDEN]);
  const states: np.Array[] = [];
  for (let t = 0; t < steps; t++) {
    const input = x.ref.slice([], [t, t + 1]);
    const hidden = np.matmul(h.ref, w.ref).add(p.hiddenBias.ref);
    const r = nn.sigmoid(third(input, 0).add(third(hidden, 0)));
    const z = nn.sigmoid(third(input, 1).add(third(hidden, 1)));
    const n = np.tanh(third(input, 2).add(r.mul(third(hidden, 2))));
    h = n.ref.add(z.mul(h.sub(n)));
    states.push(h.ref);
    for (const used of [input, hidden]) used.dispose();
  }
  for (const used of [x, w, h, p.hiddenBias]) used.dispose();
  const both = np.concatenate(states, 1);
  return np.concatenate([both.ref.slice(0), np.flip(both.slice(1), 0)], 1);
}

const inverseRoot = (x: np.Array): np.Array => np.reciprocal(np.sqrt(x));

/** Gate logits (4L, d) and (L, f). */
function gateLogits(p: JaxParameters, z2: np.Array, layers: number): { d: np.Array; f: np.Array } {
  const states = gru(p, z2);
  const centred = states.ref.sub(states.mean(1, { keepdims: true }));
  const variance = np.square(centred.ref).mean(1, { keepdims: true });
  const normed = centred
    .mul(inverseRoot(variance.add(NORM_EPS)))
    .mul(p.normWeight)
    .add(p.normBias);
  const g = nn.gelu(normed, { approximate: false }).reshape([layers, 5, 2 * HIDDEN]);
  const d = np.concatenate([g.ref.slice([], [0, 3]), g.ref.slice([], [4, 5])], 1);
  const logits = (x: np.Array, heads: np.Array): np.Array => {
    const y = np.matmul(x, heads.transpose([0, 2, 1]));
    return y.reshape([y.shape[0] ?? 0, y.shape[2] ?? 0]);
  };
  return {
    d: logits(d.reshape([4 * layers, 1, 2 * HIDDEN]), p.headsD),
    f: logits(g.slice([], [3, 4]), p.headsF),
  };
}

/** ReinMax (METHOD.md 1.3): the value is the drawn gate, the gradient dB (1 - pi)/2 or dB pi/2. u: noise. */
function reinmax(x: np.Array, u: np.Array): np.Array {
  const pi = lax.stopGradient(nn.sigmoid(x.ref.add(LOGIT_OFFSET)));
  const on = u.less(pi.ref);
  const slope = np.where(on.ref, np.subtract(1, pi.ref), pi).mul(0.5);
  const zero = x.ref.sub(lax.stopGradient(x));
  return on.astype(np.float32).add(slope.mul(zero));
}

function rmsnorm(x: np.Array, weight: np.Array, eps: number): np.Array {
  const square = np.square(x.ref).mean(1, { keepdims: true });
  return x.mul(inverseRoot(square.add(eps))).mul(weight);
}

/** x: (T, heads, headDim). */
function rope(x: np.Array, { cos, sin }: JaxConstants): np.Array {
  const half = (x.shape[2] ?? 0) / 2;
  const a = x.ref.slice([], [], [0, half]);
  const b = x.slice([], [], [half, 2 * half]);
  const first = a.ref.mul(cos.ref).sub(b.ref.mul(sin.ref));
  return np.concatenate([first, b.mul(cos.ref).add(a.mul(sin.ref))], 2);
}

const linear = (x: np.Array, weight: np.Array): np.Array => np.matmul(x, weight.transpose());

interface Gates {
  /** s1, s2, s3 and s5. */
  d: (k: number) => np.Array;
  s4: np.Array;
}

/** x: (T, d). */
function block(x: np.Array, w: Block, gates: Gates, given: { config: ModelConfig; constants: JaxConstants }): np.Array {
  const { heads, kvHeads, headDim, dMlp, normEps } = given.config;
  const [tokens = 0] = x.shape;
  const qkv = linear(rmsnorm(x.ref, w.attentionNorm, normEps).mul(gates.d(0)), w.qkv);
  const part = (from: number, count: number): np.Array =>
    qkv.ref.slice([], [from * headDim, (from + count) * headDim]).reshape([tokens, count, headDim]);
  const q = rope(part(0, heads), given.constants);
  const k = rope(part(heads, kvHeads), given.constants);
  const attended = nn.dotProductAttention(q, k, part(heads + kvHeads, kvHeads), { isCausal: true });
  qkv.dispose();
  const y = x.add(linear(attended.reshape([tokens, heads * headDim]), w.o).mul(gates.d(1)));
  const gateUp = linear(rmsnorm(y.ref, w.mlpNorm, normEps).mul(gates.d(2)), w.gateUp);
  const middle = nn.silu(gateUp.ref.slice([], [0, dMlp])).mul(gateUp.slice([], [dMlp, 2 * dMlp]));
  return y.add(linear(middle.mul(gates.s4), w.down).mul(gates.d(3)));
}

function crossEntropy(logits: np.Array, ids: np.Array): np.Array {
  const [tokens = 0, vocab = 0] = logits.shape;
  const logp = nn.logSoftmax(logits.slice([0, tokens - 1]), 1);
  const wanted = nn.oneHot(ids.slice([1, tokens]), vocab);
  return logp
    .mul(wanted)
    .sum()
    .mul(-1 / (tokens - 1));
}

/** R (METHOD.md 1.4). */
function penalty(d: np.Array, f: np.Array, config: ModelConfig, ratio: number): np.Array {
  const { s1Cost, s2Cost, ups, blockWeights } = budgetOf(config);
  const counts = d.reshape([config.layers, 4, config.dModel]).sum(2);
  const count = (k: number): np.Array => counts.ref.slice([], k);
  const attention = count(0).mul(s1Cost).add(count(1).mul(s2Cost));
  const mlp = f.sum(1).mul(count(2).mul(ups).add(count(3)));
  counts.dispose();
  return np.absolute(
    np.log(
      attention
        .add(mlp)
        .sum()
        .div(ratio * blockWeights),
    ),
  );
}

interface ObjectiveInputs {
  config: ModelConfig;
  recipe: StepRecipe;
  weights: JaxWeights;
  constants: JaxConstants;
  batch: JaxBatch;
}

/** loss + lambda R, and the loss alone. Keeps everything but the parameters. */
export function jaxObjective(p: JaxParameters, given: ObjectiveInputs): [np.Array, np.Array] {
  const { config, recipe, weights, constants, batch } = given;
  const { layers, dModel } = config;
  const logits = gateLogits(p, constants.z2.ref, layers);
  const [d, f] = [reinmax(logits.d, batch.noiseD.ref), reinmax(logits.f, batch.noiseF.ref)];
  const perBlock = d.ref.reshape([layers, 4, dModel]);
  let x = np.take(weights.embedding.ref, batch.ids.ref, 0);
  weights.blocks.forEach((w, l) => {
    const refs = Object.fromEntries(Object.entries(w).map(([name, one]) => [name, one.ref])) as Block;
    x = block(x, refs, { d: (k) => perBlock.ref.slice(l, k), s4: f.ref.slice(l) }, { config, constants });
  });
  perBlock.dispose();
  const logitsOfText = linear(rmsnorm(x, weights.finalNorm.ref, config.normEps), weights.head.ref);
  const loss = crossEntropy(logitsOfText, batch.ids.ref);
  return [loss.ref.add(penalty(d, f, config, recipe.ratio).mul(recipe.lambda)), loss];
}
