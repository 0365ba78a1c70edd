// Masks to compare trained architectures with: random masks of the same widths, and the structures with the largest weights.
import type { ModelConfig } from "../config/config.ts";
import { DRAW, uniformNoise } from "../rng.ts";
import { keptWeights, targetWeights, type Budget } from "./budget.ts";
import { gateLayout, type Masks } from "./gates.ts";
import { blockTensors } from "./tensorGates.ts";

/** Reads the weights of a model; `Weights` of model/weights.ts is one. */
interface MatrixReader {
  readFloat32(name: string): Promise<Float32Array>;
}

/** Masks with the given numbers of ones at random places, all equally likely. A seed gives the same masks on every machine. */
export function randomMasks(sizes: readonly number[], counts: readonly number[], seed: number): Masks {
  return sizes.map((size, vector) => {
    const ranks = Float64Array.from({ length: size }, (_, gate) =>
      uniformNoise({ seed, draw: DRAW.masks, vector }, gate),
    );
    return largestKept(ranks, counts[vector] ?? 0);
  });
}

/**
 * Keeps the structures with the largest weights, the same share of all 5L vectors: the largest share with T <= p T_total (METHOD.md 1.4).
 * A gate's score is the L2 norm of the weights that it selects: for s1 a column of q, k and v, for s2 a row of o, for s3 a column of gate
 * and up (fc1), for s4 a row of those and a column of down (fc2), for s5 a row of down. Every vector keeps at least one gate.
 */
export async function magnitudeMasks(
  config: ModelConfig,
  weights: MatrixReader,
  budget: Budget,
  ratio: number,
): Promise<Masks> {
  const squares = await structureSquares(config, weights);
  const target = targetWeights(budget, ratio);
  const { dModel, dMlp } = config;
  const countsAt = (step: number): number[] =>
    squares.map(({ length }) => Math.max(1, Math.floor((step * length) / steps)));
  // in steps fine enough that every count of either width occurs
  const steps = dModel * dMlp;
  let [low, high] = [0, steps];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (keptWeights(budget, countsAt(middle)) <= target) low = middle;
    else high = middle - 1;
  }
  const counts = countsAt(low);
  return squares.map((scores, vector) => largestKept(scores, counts[vector] ?? 1));
}

/** For each gate of each vector, the sum of squares of the weights that it selects. */
async function structureSquares(config: ModelConfig, weights: MatrixReader): Promise<Float64Array[]> {
  const squares = gateLayout(config).sizes.map((size) => new Float64Array(size));
  for (const { name, shape, gates } of blockTensors(config)) {
    const values = await weights.readFloat32(name);
    const [, cols] = shape;
    const rowSums = gates.rows === undefined ? undefined : squares[gates.rows];
    const colSums = gates.cols === undefined ? undefined : squares[gates.cols];
    values.forEach((value, i) => {
      const [row, col] = [Math.floor(i / cols), i % cols];
      if (rowSums) rowSums[row] = rowSums[row]! + value * value;
      if (colSums) colSums[col] = colSums[col]! + value * value;
    });
  }
  return squares;
}

/** A mask of the `count` largest scores; of equal scores the earlier is kept. */
function largestKept(scores: Float64Array, count: number): Uint8Array {
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
  const mask = new Uint8Array(scores.length);
  for (const gate of order.slice(0, count)) mask[gate] = 1;
  return mask;
}
