// Made-up single weights: the mask of a matrix, norms of activations, kept weights of each matrix.
import type { BarsData, MatrixData, NamedKeep, NormsData, WeightMapData } from "../index.ts";
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

/** Bell-shaped weights of a (rows, cols) matrix, one per cell, as `prunings` keep them: DISP-LLM first, then a mask of single weights. */
export function matrixData(rows: number, cols: number, prunings: 0 | 1 | 2): MatrixData {
  const { bits } = weightMapData(rows, cols);
  const half = (n: number, seed: number): Uint8Array =>
    Uint8Array.from({ length: n }, (_, i) => (random(i, seed) < 0.6 ? 1 : 0));
  const [keptRows, keptCols] = [half(rows, 1), half(cols, 2)];
  const gates: NamedKeep = {
    ...{ name: prunings > 1 ? "A" : "", keep: { rows: keptRows, cols: keptCols } },
    ...{ rows: "s4", cols: "s3" },
  };
  const keeps = [gates, { name: "B", keep: { bits } }].slice(0, prunings);
  const counts = Array.from({ length: prunings > 1 ? 4 : 2 }, () => new Uint16Array(rows * cols));
  const largest = Float32Array.from({ length: rows * cols }, (_, i) => bell(i) / 20);
  const bins = counts.map(() => new Uint32Array(48));
  const top = 0.16;
  largest.forEach((value, i) => {
    const kept = keptRows[Math.floor(i / cols)] === 1 && keptCols[i % cols] === 1;
    const bit = ((bits[i >>> 5] ?? 0) >>> (i & 31)) & 1;
    const of = prunings === 0 || kept ? 1 : 0;
    const own = of + (prunings > 1 ? 2 * bit : 0);
    counts[own]?.fill(1, i, i + 1);
    const bin = Math.min(47, Math.floor((48 * Math.abs(value)) / top));
    const into = bins[own];
    if (into) into[bin] = (into[bin] ?? 0) + 1;
  });
  return {
    ...{ name: "blocks.0.mlp.gate_proj", shape: [rows, cols], keeps, values: "weights", shade: "largest" },
    cells: {
      ...{ area: { row: 0, col: 0, rows, cols }, step: 1, rows, cols, largest, counts },
      mean: largest.map(Math.abs),
      magnitudes: { top, largest: 0.2, bins },
    },
  };
}
