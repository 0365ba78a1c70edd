// Made-up single weights: the mask of a matrix, norms of activations, kept weights of each matrix.
import type { BarsData, NormsData, WeightMapData } from "../index.ts";
import { bell, random } from "./random.fixture.ts";

/** A 2:4 mask down the columns of a (rows, cols) matrix. */
export function weightMapData(rows: number, cols: number): WeightMapData {
  const bits = new Uint32Array(Math.ceil((rows * cols) / 32));
  for (let col = 0; col < cols; col += 1)
    for (let top = 0; top < rows; top += 4) {
      const order = [0, 1, 2, 3].sort((a, b) => random((top + a) * cols + col) - random((top + b) * cols + col));
      for (const k of order.slice(0, 2)) {
        const i = (top + k) * cols + col;
        bits[i >>> 5] = ((bits[i >>> 5] ?? 0) | (1 << (i & 31))) >>> 0;
      }
    }
  const name = "model.layers.0.mlp.gate_proj.weight";
  return { name, shape: [rows, cols], bits, kept: (rows * cols) / 2, direction: "outputs", group: 4 };
}

/** Norms that differ by a factor of about ten within a block. */
export function normsData(blocks: number, neurons: number, sorted = false): NormsData {
  const rows = Array.from({ length: blocks }, (_, block) =>
    Float32Array.from({ length: neurons }, (_unused, i) => (4 + block) * Math.exp(0.5 * bell(i, block))),
  );
  return { rows, what: "input of gate and up", sorted };
}

export function matrixSharesData(blocks: number): BarsData {
  const size = Array.from({ length: blocks }, () => [4096, 4096, 4096]);
  return {
    size,
    kept: size.map((row, block) => row.map((n, k) => Math.round(n * (0.4 + 0.2 * random(3 * block + k))))),
  };
}
