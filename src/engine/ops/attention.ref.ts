// References of causal attention: without a cache (with backward), and over a KV cache.
import { type HeadShape, scaleOf } from "./kit/headShape.ts";
import { angleTable, ropeRef } from "./rope.ref.ts";
import { type OpCase, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

interface Params extends HeadShape {
  start: number;
  window?: number;
  scratchBytes?: number;
  keptBytes?: number;
  rotatingRows?: number;
}

/** Where element c of a head is stored, in packed rows q|k|v or in a cache k|v: of query head h in row t, of key/value head g in row j. */
interface Layout {
  q: (t: number, h: number, c: number) => number;
  k: (j: number, g: number, c: number) => number;
  v: (j: number, g: number, c: number) => number;
}

function layoutOf({ heads, kvHeads, headDim }: HeadShape, cached: boolean): Layout {
  const width = (heads + 2 * kvHeads) * headDim;
  const keyWidth = cached ? 2 * kvHeads * headDim : width;
  const keysFrom = cached ? 0 : heads * headDim;
  return {
    q: (t, h, c) => t * width + h * headDim + c,
    k: (j, g, c) => j * keyWidth + keysFrom + g * headDim + c,
    v: (j, g, c) => j * keyWidth + keysFrom + (kvHeads + g) * headDim + c,
  };
}

/** One call: what is read, and how. */
interface Call {
  qkv: RefTensor;
  kv: RefTensor;
  layout: Layout;
  params: Params;
}

/** The attention weights of one query and head. */
interface Attended {
  /** The first key that the query sees. */
  first: number;
  /** Its key/value head. */
  g: number;
  /** Of the keys from `first` on. */
  weights: number[];
  /** d score after the softcap / d score before it. */
  slopes: number[];
}

const softcapped = (score: number, { cap }: HeadShape): number =>
  cap === undefined ? score : cap * Math.tanh(score / cap);
const slopeOf = (capped: number, { cap }: HeadShape): number => (cap === undefined ? 1 : 1 - (capped / cap) ** 2);

/** softmax(q k scale) of query t and head h. */
function attended({ qkv, kv, layout, params }: Call, t: number, h: number): Attended {
  const { heads, kvHeads, headDim, start, window = Infinity } = params;
  const position = start + t;
  const first = Math.max(0, position - window + 1);
  const g = Math.floor(h / (heads / kvHeads));
  const scores = Array.from({ length: position - first + 1 }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < headDim; c++) sum += qkv.data[layout.q(t, h, c)]! * kv.data[layout.k(first + i, g, c)]!;
    return softcapped(sum * scaleOf(params), params);
  });
  const top = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const exps = scores.map((score) => Math.exp(score - top));
  const sum = exps.reduce((total, e) => total + e, 0);
  const slopes = scores.map((score) => slopeOf(score, params));
  return { first, g, weights: exps.map((e) => e / sum), slopes };
}

function forward(qkv: RefTensor, kv: RefTensor, params: Params, cached: boolean): RefTensor {
  const { heads, headDim } = params;
  const layout = layoutOf(params, cached);
  const call = { qkv, kv, layout, params };
  const rows = qkv.shape[0] ?? 0;
  const out = refTensor([rows, heads * headDim]);
  for (let t = 0; t < rows; t++) {
    for (let h = 0; h < heads; h++) {
      const { first, g, weights } = attended(call, t, h);
      for (let c = 0; c < headDim; c++) {
        const place = (t * heads + h) * headDim + c;
        out.data[place] = weights.reduce((sum, w, i) => sum + w * kv.data[layout.v(first + i, g, c)]!, 0);
      }
    }
  }
  return out;
}

function backward(qkv: RefTensor, params: Params, dout: RefTensor): RefTensor {
  const { heads, headDim } = params;
  const layout = layoutOf(params, false);
  const call = { qkv, kv: qkv, layout, params };
  const rows = qkv.shape[0] ?? 0;
  const d = zerosLike(qkv);
  const add = (place: number, value: number): void => {
    d.data[place] = d.data[place]! + value;
  };
  for (let t = 0; t < rows; t++) {
    for (let h = 0; h < heads; h++) {
      const { first, g, weights, slopes } = attended(call, t, h);
      const dOutOf = (c: number): number => dout.data[(t * heads + h) * headDim + c]!;
      const dWeights = weights.map((w, i) => {
        let sum = 0;
        for (let c = 0; c < headDim; c++) {
          sum += dOutOf(c) * qkv.data[layout.v(first + i, g, c)]!;
          add(layout.v(first + i, g, c), w * dOutOf(c));
        }
        return sum;
      });
      const mean = dWeights.reduce((sum, dw, i) => sum + dw * (weights[i] ?? 0), 0);
      weights.forEach((w, i) => {
        const ds = w * ((dWeights[i] ?? 0) - mean) * (slopes[i] ?? 0) * scaleOf(params);
        for (let c = 0; c < headDim; c++) {
          add(layout.q(t, h, c), ds * qkv.data[layout.k(first + i, g, c)]!);
          add(layout.k(first + i, g, c), ds * qkv.data[layout.q(t, h, c)]!);
        }
      });
    }
  }
  return d;
}

const packed = (rows: number, { heads, kvHeads, headDim }: HeadShape, scale: number): RefTensor =>
  randomRef(1, [rows, (heads + 2 * kvHeads) * headDim], scale);
const scalar = (value: number): RefTensor => ({
  ...refTensor([1], Float64Array.of(value)),
  dtype: "u32",
});

type Sizes = readonly [rows: number, heads: number, kvHeads: number, headDim: number];
const nameOf = ([rows, heads, kvHeads, headDim]: Sizes): string => `T${rows} H${heads} KV${kvHeads} hd${headDim}`;

/** Without a cache. `name` follows the sizes. */
function own(sizes: Sizes, more: Partial<Params> = {}, scale = 2, name = ""): OpCase<Params> {
  const [rows, heads, kvHeads, headDim] = sizes;
  const params = { heads, kvHeads, headDim, start: 0, ...more };
  return {
    name: `${nameOf(sizes)}${name}`,
    params,
    inputs: () => [packed(rows, params, scale), scalar(0)],
  };
}

/** As for sequences too long to keep their attention weights. */
const AGAIN = { keptBytes: 0 };

export const attentionRef: OpRef<Params> = {
  name: "attention",
  cases: [
    own([1, 1, 1, 4]),
    own([2, 2, 1, 16]),
    own([4, 2, 2, 24]),
    own([5, 2, 1, 16]),
    own([7, 2, 2, 16]),
    own([8, 4, 2, 24]),
    own([9, 6, 2, 32]),
    own([15, 2, 1, 64]),
    own([16, 3, 3, 20]),
    own([9, 2, 2, 80]),
    own([17, 6, 1, 32]),
    own([33, 4, 2, 16]),
    own([65, 2, 1, 32]),
    own([1, 1, 1, 4], AGAIN, 2, " weights recomputed"),
    own([9, 6, 2, 32], AGAIN, 2, " weights recomputed"),
    own([17, 4, 4, 24], AGAIN, 2, " weights recomputed"),
    own([65, 2, 1, 20], AGAIN, 2, " weights recomputed"),
    own([41, 2, 1, 16], { ...AGAIN, window: 7 }, 2, " window 7, weights recomputed"),
    own([12, 2, 1, 16], AGAIN, 8, " 8 scale, weights recomputed"),
    own([9, 2, 1, 16], { window: 1 }, 2, " window 1"),
    own([33, 2, 1, 16], { window: 7 }, 2, " window 7"),
    own([40, 2, 2, 16], { window: 8 }, 2, " window 8"),
    own([41, 4, 2, 16], { window: 17 }, 2, " window 17"),
    own([20, 2, 1, 16], { window: 100 }, 2, " window 100"),
    own([19, 6, 3, 16], { scratchBytes: 1 }, 2, " group by group"),
    own([19, 6, 2, 16], { scratchBytes: 4 * 19 * 24 * 4 }, 2, " heads in two runs"),
    own([130, 1, 1, 8]),
    own([66, 2, 1, 64]),
    own([37, 3, 3, 128]),
    own([33, 1, 1, 256]),
    own([72, 2, 1, 68], { window: 70 }, 2, " window 70"),
    own([97, 3, 1, 16], { window: 33 }, 2, " window 33"),
    own([12, 2, 1, 16], {}, 8, " 8 scale"),
    own([33, 4, 2, 16], { scale: 0.05 }, 2, " factor 0.05"),
    own([33, 4, 2, 16], { cap: 2 }, 2, " cap 2"),
    own([70, 2, 1, 16], { cap: 0.5, window: 17, scale: 3 }, 2, " window 17, cap 0.5, factor 3"),
    own([9, 2, 1, 16], { ...AGAIN, scale: 0.5 }, 2, " factor 0.5, weights recomputed"),
    own([12, 2, 1, 16], {}, 0, " zeros"),
  ],
  forward([qkv], params) {
    if (!qkv) throw new RangeError("attention takes q|k|v");
    return [forward(qkv, qkv, params, false)];
  },
  backward([qkv], params, [dout]) {
    if (!qkv || !dout) throw new RangeError("attention takes q|k|v");
    return [backward(qkv, params, dout), null];
  },
};

interface RotatedParams extends Params {
  /** Dimensions of a head that are rotated. */
  rotaryDim: number;
}

const BEFORE = { rotatingRows: 0 };

/** Without a cache, on rows that are not rotated yet. */
function rotated(sizes: Sizes, rotaryDim: number, more: Partial<Params> = {}): OpCase<RotatedParams> {
  const [rows] = sizes;
  const base = own(sizes, more);
  const again = more.keptBytes === 0 ? ", weights recomputed" : "";
  const before = more.rotatingRows === 0 ? ", rotated before" : "";
  return {
    name: `${base.name} rotary ${rotaryDim}${more.window ? ` window ${more.window}` : ""}${again}${before}`,
    params: { ...base.params, rotaryDim },
    inputs: () => [packed(rows, base.params, 2), angleTable(rows, { rotaryDim }), scalar(0)],
  };
}

export const attentionRotatedRef: OpRef<RotatedParams> = {
  name: "attention: RoPE",
  cases: [
    rotated([1, 1, 1, 8], 8),
    rotated([5, 2, 1, 16], 16),
    rotated([9, 6, 2, 32], 32),
    rotated([9, 6, 2, 32], 32, AGAIN),
    // the pairs of an odd number of vec4s; some vec4s, and an odd one, that are not rotated; a width that takes an op of its own
    rotated([17, 4, 2, 24], 24),
    rotated([16, 2, 2, 32], 8),
    rotated([8, 2, 1, 20], 16),
    rotated([7, 2, 1, 20], 6),
    rotated([33, 4, 2, 64], 64),
    rotated([66, 2, 1, 80], 32),
    rotated([65, 2, 1, 80], 80),
    rotated([37, 2, 2, 128], 128),
    rotated([33, 1, 1, 256], 256),
    rotated([72, 2, 1, 72], 72, { window: 70 }),
    rotated([19, 6, 3, 16], 16, { scratchBytes: 1 }),
    // as long sequences are rotated on graphics cards
    rotated([33, 4, 2, 64], 64, BEFORE),
    rotated([66, 2, 1, 80], 32, BEFORE),
    rotated([37, 2, 2, 128], 128, BEFORE),
    rotated([72, 2, 1, 72], 72, { ...BEFORE, window: 70 }),
  ],
  forward([qkv, table], params) {
    if (!qkv || !table) throw new RangeError("attention takes q|k|v and a table");
    const [turned] = ropeRef.forward([qkv, table], { ...params, rows: qkv.shape[0] ?? 0 });
    return attentionRef.forward(turned ? [turned] : [], params);
  },
  backward([qkv, table], params, [dout]) {
    if (!qkv || !table || !dout) throw new RangeError("attention takes q|k|v and a table");
    const ropeParams = { ...params, rows: qkv.shape[0] ?? 0 };
    const [turned] = ropeRef.forward([qkv, table], ropeParams);
    const [dTurned] = turned ? [backward(turned, params, dout)] : [];
    const [dqkv = null] = dTurned ? (ropeRef.backward?.([qkv, table], ropeParams, [dTurned]) ?? []) : [];
    return [dqkv, null, null];
  },
};

/** Over a cache with room for `capacity` rows. */
function cached(sizes: Sizes, capacity: number, start: number, more: Partial<Params> = {}): OpCase<Params> {
  const [rows, heads, kvHeads, headDim] = sizes;
  const params = { heads, kvHeads, headDim, start, ...more };
  return {
    name: `${nameOf(sizes)} S${capacity} start ${start}${more.window ? ` window ${more.window}` : ""}${more.scale ? ` factor ${more.scale}` : ""}`,
    params,
    inputs: () => [packed(rows, params, 2), randomRef(2, [capacity, 2 * kvHeads * headDim], 2), scalar(start)],
  };
}

export const attentionCachedRef: OpRef<Params> = {
  name: "attention: KV cache",
  cases: [
    cached([1, 6, 2, 32], 1, 0),
    cached([1, 6, 2, 32], 512, 511),
    cached([1, 6, 2, 32], 300, 7),
    cached([1, 4, 4, 24], 20, 8),
    cached([1, 9, 3, 64], 33, 31),
    cached([4, 6, 2, 16], 33, 29),
    cached([3, 2, 1, 20], 33, 5),
    cached([5, 6, 2, 16], 33, 28),
    cached([9, 2, 1, 16], 40, 0),
    cached([17, 4, 2, 32], 40, 13),
    cached([9, 2, 1, 16], 64, 40, { window: 10 }),
    cached([1, 2, 1, 16], 64, 40, { window: 5 }),
    cached([3, 2, 1, 16], 64, 47, { window: 17 }),
    cached([1, 2, 1, 36], 132, 127),
    cached([2, 2, 1, 28], 132, 128),
    cached([5, 4, 2, 16], 33, 20, { scale: 0.05 }),
    cached([1, 2, 1, 16], 33, 20, { cap: 0.5 }),
    cached([17, 2, 1, 16], 33, 10, { cap: 2 }),
  ],
  forward([qkv, cache], params) {
    if (!qkv || !cache) throw new RangeError("attention takes q|k|v and a cache");
    return [forward(qkv, cache, params, true)];
  },
};
