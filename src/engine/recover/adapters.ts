// The pruned model with a low-rank adapter on every linear layer of its blocks (METHOD.md 6): its own weights stay as they are.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { LowRankAdapter, LowRankFactors } from "../formats/export/peftAdapter.ts";
import { isKept, type WeightMask } from "../masks/weightMasks.ts";
import type { LinearWeights } from "../model/decoderWeights.ts";
import type { Model } from "../model/load.ts";
import { heightOf, inOneBuffer } from "../ops/kit/rowParts.ts";
import { DRAW, uniforms } from "../rng.ts";
import type { Tensor } from "../tensor.ts";
import {
  inShape,
  masksOf,
  TRAINED_LAYERS,
  storedParts,
  type Pruning,
  type Range,
  type StoredPart,
} from "./storedParts.ts";
import { freeTrained, keptBitsTensor, type Student, type TrainedTensor, withLayers } from "./trained.ts";

interface AdapterOptions {
  pruning: Pruning;
  /** Of each linear layer's adapter. */
  rank: number;
  /** Of A. */
  seed: number;
}

/** A linear layer takes this many rows of A or a multiple of it, because the fast kernels read vec4s. Rows beyond the rank stay 0. */
const RANK_STEP = 4;
const pitchOf = (rank: number): number => Math.ceil(rank / RANK_STEP) * RANK_STEP;

/** A packed matrix with an adapter: the file's matrices in it, and where its A is among the trained tensors; B is the next one. */
interface AdaptedLayer {
  parts: readonly StoredPart[];
  a: number;
}

/**
 * `pruned` with adapters, whose product is 0 at first: A is uniform in +-1/sqrt(columns), B is 0. The matrices that a packed one consists of
 * have adapters of their own: their A are stacked, and B is block-diagonal. Throws "limit" for a matrix with pruned single weights that needs
 * several buffers.
 */
export function adaptedStudent(ctx: Ctx, pruned: Model, options: AdapterOptions): Student {
  const { config } = pruned;
  const { pruning } = options;
  const masks = masksOf(config, pruning);
  const trained: TrainedTensor[] = [];
  const layers: AdaptedLayer[] = [];
  const fixed: Tensor[] = [];
  let matrices = 0;
  const train = ({ label, shape, ranges, data }: Factor): Tensor => {
    const theta = ctx.persistent(label, shape, { requiresGrad: true, ...(data ? { data } : {}) });
    const bits = keptBitsTensor(ctx, shape, ranges, masks);
    trained.push({ theta, ...(bits ? { bits } : {}) });
    return theta;
  };
  const model = withLayers(pruned, TRAINED_LAYERS.all, ({ weight, bias }, at) => {
    const parts = storedParts(config, pruning, { ...at, kind: "weight" });
    const first = factorsAtStart(weight, parts, { ...options, matrices });
    matrices += parts.length;
    layers.push({ parts, a: trained.length });
    const [a, b] = [train(first.a), train(first.b)];
    const masked = parts.some(({ name }) => masks.has(name));
    const inOne = masked ? inOneBuffer(weight, "a low-rank recovery of single weights") : undefined;
    const bits = inOne && keptBitsTensor(ctx, inOne.shape, parts, masks);
    if (bits) fixed.push(bits);
    return { weight, ...(bias ? { bias } : {}), adapter: { a, b, ...(bits ? { bits } : {}) } };
  });
  const factors = (from: readonly Tensor[]): Promise<PartFactors[]> =>
    readFactors(ctx, { layers, from, rank: options.rank });
  return {
    ...{ model, trained },
    async values(from, weights) {
      const values = new Map<string, Float32Array<ArrayBuffer>>();
      for (const { part, ...of } of await factors(from))
        values.set(part.name, merged(await weights.readFloat32(part.name), { part, ...of }, masks.get(part.name)));
      return values;
    },
    ...("masks" in pruning ? {} : { adapter: async (from) => adapterOf(await factors(from), options.rank) }),
    free() {
      freeTrained(ctx, trained);
      ctx.free(...fixed);
    },
  };
}

interface Factor {
  label: string;
  shape: readonly number[];
  /** The entries that are trained. */
  ranges: readonly Range[];
  /** Default: zeros. */
  data?: Float32Array;
}

/** A and B of a packed matrix before the first step. matrices: how many of the file's matrices came before. */
function factorsAtStart(
  weight: LinearWeights["weight"],
  parts: readonly StoredPart[],
  { rank, seed, matrices }: AdapterOptions & { matrices: number },
): { a: Factor; b: Factor } {
  const { label = "matrix", shape: [, width = 0] = [] } = weight[0] ?? {};
  const pitch = pitchOf(rank);
  const data = new Float32Array(parts.length * pitch * width);
  for (const [i, { cols }] of parts.entries()) {
    const stream = { seed, draw: DRAW.adapters, vector: matrices + i };
    const values = uniforms(stream, rank * cols, 1 / Math.sqrt(cols));
    for (let row = 0; row < rank; row++)
      data.set(values.subarray(row * cols, (row + 1) * cols), (i * pitch + row) * width);
  }
  const inner = parts.length * pitch;
  return {
    a: {
      ...{ label: `${label} adapter A`, shape: [inner, width], data },
      ranges: parts.map(({ cols }, i) => ({ firstRow: i * pitch, rows: rank, cols })),
    },
    b: {
      ...{ label: `${label} adapter B`, shape: [heightOf(weight), inner] },
      ranges: parts.map(({ firstRow, rows }, i) => ({ firstRow, rows, firstCol: i * pitch, cols: rank })),
    },
  };
}

/** The adapter of one of the file's matrices, without what was cut: a is (rank, cols), b is (rows, rank). */
interface PartFactors {
  part: StoredPart;
  rank: number;
  a: Float32Array<ArrayBuffer>;
  b: Float32Array<ArrayBuffer>;
}

interface FactorSource {
  layers: readonly AdaptedLayer[];
  /** One tensor per trained one. */
  from: readonly Tensor[];
  rank: number;
}

async function readFactors(ctx: Ctx, { layers, from, rank }: FactorSource): Promise<PartFactors[]> {
  const pitch = pitchOf(rank);
  const found: PartFactors[] = [];
  for (const { parts, a } of layers) {
    const [left, right] = [from[a], from[a + 1]];
    invariant(left && right, "bug", "recovery: expected values of every trained tensor");
    const [allA, allB] = [await ctx.read(left), await ctx.read(right)];
    const [width, inner] = [left.shape[1] ?? 0, right.shape[1] ?? 0];
    for (const [i, part] of parts.entries()) {
      const { rows, cols, firstRow } = part;
      const own = { a: new Float32Array(rank * cols), b: new Float32Array(rows * rank) };
      for (let k = 0; k < rank; k++) {
        const at = (i * pitch + k) * width;
        own.a.set(allA.subarray(at, at + cols), k * cols);
      }
      for (let row = 0; row < rows; row++) {
        const at = (firstRow + row) * inner + i * pitch;
        own.b.set(allB.subarray(at, at + rank), row * rank);
      }
      found.push({ part, rank, ...own });
    }
  }
  return found;
}

/** weight + B A in the shape of the file's matrix, summed in f64 and rounded once to f32; what was cut or pruned is 0. */
function merged(weight: Float32Array, { part, rank, a, b }: PartFactors, mask?: WeightMask): Float32Array<ArrayBuffer> {
  const { rows, cols, kept, shape } = part;
  const [height = 0, across = 0] = shape;
  const out = new Float32Array(height * across);
  const sums = new Float64Array(cols);
  for (let row = 0; row < rows; row++) {
    const to = (kept.rows?.[row] ?? row) * across;
    for (let col = 0; col < cols; col++) sums[col] = weight[to + (kept.cols?.[col] ?? col)]!;
    for (let k = 0; k < rank; k++) {
      const factor = b[row * rank + k]!;
      for (let col = 0; col < cols; col++) sums[col]! += factor * a[k * cols + col]!;
    }
    for (let col = 0; col < cols; col++)
      if (!mask || isKept(mask, row * cols + col)) out[to + (kept.cols?.[col] ?? col)] = sums[col]!;
  }
  return out;
}

/** The factors in the shapes of the file's matrices: columns of A and rows of B that were cut are 0. */
function adapterOf(found: readonly PartFactors[], rank: number): LowRankAdapter {
  const factors = found.map(({ part, a, b }): [string, LowRankFactors] => {
    const { name, shape, kept, rows, cols } = part;
    const [height = 0, across = 0] = shape;
    const columns = {
      firstRow: 0,
      rows: rank,
      cols,
      shape: [rank, across],
      kept: kept.cols ? { cols: kept.cols } : {},
    };
    const lines = { firstRow: 0, rows, cols: rank, shape: [height, rank], kept: kept.rows ? { rows: kept.rows } : {} };
    return [name, { a: inShape(a, cols, columns), b: inShape(b, rank, lines), shape }];
  });
  return { rank, factors: new Map(factors) };
}
