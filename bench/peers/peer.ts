// The training step as a problem in plain arrays, and what a program offers that solves it.
import type { ModelConfig } from "../../src/engine/config/modelConfig.ts";
import { INPUT_WIDTH, WIDTH } from "../../src/engine/prune/gates/hypernetLayout.ts";

/** The engine's name in the comparison. */
export const ENGINE = "Espalier";

/** H of the hypernetwork's GRU, per direction. */
export const HIDDEN = WIDTH / 2;

/** The default recipe's numbers: one ratio, ReinMax (METHOD.md 1.3 and 1.4). */
export interface StepRecipe {
  ratio: number;
  lambda: number;
  learningRate: number;
  weightDecay: number;
}

/**
 * The parameters of the hypernetwork in few arrays, as users of an array library write them: both directions of the GRU together, and the
 * heads by width (headsD: s1, s2, s3 and s5 of each block; headsF: s4).
 */
export type HypernetArray =
  "inputWeight" | "hiddenWeight" | "inputBias" | "hiddenBias" | "normWeight" | "normBias" | "headsD" | "headsF";

type Shape = readonly number[];

/** Row-major; the GRU's gates are in the order r, z, n. */
export function hypernetShapes({ layers, dModel, dMlp }: ModelConfig): Record<HypernetArray, Shape> {
  return {
    inputWeight: [2, 3 * HIDDEN, INPUT_WIDTH],
    hiddenWeight: [2, 3 * HIDDEN, HIDDEN],
    inputBias: [2, 1, 3 * HIDDEN],
    hiddenBias: [2, 1, 3 * HIDDEN],
    normWeight: [WIDTH],
    normBias: [WIDTH],
    headsD: [4 * layers, dModel, WIDTH],
    headsF: [layers, dMlp, WIDTH],
  };
}

/** The frozen arrays of a block. qkv and gateUp: the matrices below each other, so that one product makes all. */
export type BlockArray = "attentionNorm" | "qkv" | "o" | "mlpNorm" | "gateUp" | "down";

/** A frozen model with LLaMA's blocks; matrices are (out, in). The head is the same array as the embedding if the two are tied. */
export interface FrozenModel {
  config: ModelConfig;
  embedding: Float32Array;
  head: Float32Array;
  finalNorm: Float32Array;
  blocks: Record<BlockArray, Float32Array>[];
}

export function weightShapes(config: ModelConfig): {
  embedding: Shape;
  finalNorm: Shape;
  block: Record<BlockArray, Shape>;
} {
  const { vocab, dModel, dMlp, heads, kvHeads, headDim } = config;
  const block = {
    attentionNorm: [dModel],
    qkv: [(heads + 2 * kvHeads) * headDim, dModel],
    o: [dModel, heads * headDim],
    mlpNorm: [dModel],
    gateUp: [2 * dMlp, dModel],
    down: [dModel, dMlp],
  };
  return { embedding: [vocab, dModel], finalNorm: [dModel], block };
}

/** An object with the same names and other values. */
export const mapArrays = <Name extends string, From, To>(
  from: Record<Name, From>,
  to: (name: Name, value: From) => To,
): Record<Name, To> =>
  Object.fromEntries(
    (Object.entries(from) as [Name, From][]).map(([name, value]) => [name, to(name, value)]),
  ) as Record<Name, To>;

/** What a step reads besides the parameters. */
export interface StepInput {
  /** (T) token ids. */
  ids: Int32Array;
  /** Uniform noise in (0, 1): (4L, d) and (L, f), in the order of the heads. */
  noiseD: Float32Array;
  noiseF: Float32Array;
}

/** One training. Equal problems give equal losses. */
export interface StepProblem {
  /** T. */
  tokens: number;
  recipe: StepRecipe;
  hypernet: Record<HypernetArray, Float32Array>;
  /** (S, 32) with S = 5L; fixed. */
  z: Float32Array;
  /** (T, headDim / 2) each. */
  cos: Float32Array;
  sin: Float32Array;
  /** The input of a step, counted from 0. */
  input(step: number): StepInput;
}

/** A program with the model's weights on its device. */
export interface Peer {
  /** Begins a new training; an earlier one is dropped. */
  start(problem: StepProblem): Promise<void>;
  /** Runs `count` further steps, waits for them, and returns their losses in nats per token, without the penalty. */
  steps(count: number): Promise<number[]>;
}
