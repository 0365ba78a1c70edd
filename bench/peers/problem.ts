// The comparison's model and its training step as plain arrays: what the engine computes from its files, seeds and counters.
import { LLAMA_NAMES } from "../../src/engine/config/families/family.ts";
import type { ModelConfig } from "../../src/engine/config/modelConfig.ts";
import { ropeAttention, ropeFrequencies } from "../../src/engine/config/ropeFrequencies.ts";
import { invariant } from "../../src/engine/errors.ts";
import type { Weights } from "../../src/engine/formats/safetensors/safetensors.ts";
import { type GateLayout, gateLayout } from "../../src/engine/masks/gates.ts";
import { hypernetLayout, initialInputs, initialTheta, namedOf } from "../../src/engine/prune/gates/hypernetLayout.ts";
import { DEFAULT_RECIPE } from "../../src/engine/recipes/recipe.ts";
import { DRAW, uniformNoise } from "../../src/engine/rng.ts";
import { batchOf } from "../../src/engine/train/batches.ts";
import { VECTOR_NAMES, VECTORS_PER_BLOCK } from "../../src/shared/vectors.ts";
import type { FrozenModel, HypernetArray, StepInput, StepProblem } from "./peer.ts";

function join(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The weights as arrays. Throws "unsupported" for a model that is not of LLaMA's family or has biases. */
export async function frozenModel(config: ModelConfig, weights: Weights): Promise<FrozenModel> {
  const { qkv, o, mlp } = config.design.biases;
  invariant(
    config.family === "llama" && !qkv && !o && !mlp,
    "unsupported",
    `--peers: expected a model of the LLaMA family without biases, got ${config.modelType}${qkv || o || mlp ? " with biases" : ""}. The libraries' training steps are written for that one.`,
  );
  const names = LLAMA_NAMES;
  const read = (name = ""): Promise<Float32Array> => weights.readFloat32(`${name}.weight`);
  const embedding = await read(names.embedding);
  const blocks: FrozenModel["blocks"] = [];
  for (let l = 0; l < config.layers; l++) {
    const of = (name = ""): Promise<Float32Array> => read(`${names.layers}${l}.${name}`);
    const all = (some: readonly string[]): Promise<Float32Array[]> => Promise.all(some.map(of));
    blocks.push({
      attentionNorm: await of(names.attentionNorm),
      qkv: join(await all([names.q, names.k, names.v])),
      o: await of(names.o),
      mlpNorm: await of(names.mlpNorm),
      gateUp: join(await all(names.ups)),
      down: await of(names.down),
    });
  }
  const head = config.tiedHead ? embedding : await read(names.head);
  return { config, embedding, head, finalNorm: await read(names.finalNorm), blocks };
}

/** Whether a vector is s4, the only one of width f. */
const isMiddle = (vector: number): boolean => VECTOR_NAMES[vector % VECTORS_PER_BLOCK] === "s4";

/** The problem that a session of the default recipe solves, with `tokens` per step of this text (ids). */
export function stepProblem(config: ModelConfig, text: Uint32Array, tokens: number): StepProblem {
  const { seed, ratio, lambda, learningRate, weightDecay } = DEFAULT_RECIPE;
  const layout = gateLayout(config);
  const inputs = new Map<number, StepInput>();
  const input = (step: number): StepInput => {
    const made = inputs.get(step) ?? {
      ids: Int32Array.from(batchOf(text, tokens, seed, step)),
      noiseD: noise(layout, step, false),
      noiseF: noise(layout, step, true),
    };
    inputs.set(step, made);
    return made;
  };
  return {
    tokens,
    recipe: { ratio, lambda, learningRate, weightDecay },
    hypernet: hypernetArrays(layout, seed),
    z: initialInputs(layout, seed),
    ...rotations(config, tokens),
    input,
  };
}

/** The noise of a step for all vectors of one width. */
function noise({ sizes }: GateLayout, step: number, middle: boolean): Float32Array {
  const { seed } = DEFAULT_RECIPE;
  const of = (size: number, vector: number): Float32Array =>
    Float32Array.from({ length: size }, (_, i) => uniformNoise({ seed, step, draw: DRAW.language, vector }, i));
  return join(sizes.flatMap((size, vector) => (isMiddle(vector) === middle ? [of(size, vector)] : [])));
}

function hypernetArrays(gates: GateLayout, seed: number): Record<HypernetArray, Float32Array> {
  const layout = hypernetLayout(gates);
  const named = namedOf(layout, initialTheta(layout, seed));
  const of = (name: string): Float32Array => {
    const values = named.get(name);
    invariant(values, "bug", `the hypernetwork has no parameter ${name}`);
    return values;
  };
  const both = (name: string): Float32Array => join([of(`gru.${name}_l0`), of(`gru.${name}_l0_reverse`)]);
  const heads = (middle: boolean): Float32Array =>
    join(gates.sizes.flatMap((_, i) => (isMiddle(i) === middle ? [of(`heads.${i}.weight`)] : [])));
  return {
    inputWeight: both("weight_ih"),
    hiddenWeight: both("weight_hh"),
    inputBias: both("bias_ih"),
    hiddenBias: both("bias_hh"),
    normWeight: of("norm.weight"),
    normBias: of("norm.bias"),
    headsD: heads(false),
    headsF: heads(true),
  };
}

/** Cosine and sine of every position and pair, (T, headDim / 2) each. */
function rotations({ rope, headDim }: ModelConfig, tokens: number): { cos: Float32Array; sin: Float32Array } {
  invariant(rope, "unsupported", "--peers: expected a model with rotary positions");
  const frequencies = ropeFrequencies(rope, headDim, tokens);
  const pairs = headDim / 2;
  const scale = ropeAttention(rope);
  const table = (of: (angle: number) => number): Float32Array =>
    Float32Array.from(
      { length: tokens * pairs },
      (_, i) => scale * of(Math.floor(i / pairs) * (frequencies[i % pairs] ?? 0)),
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}
