// Counter-based noise (METHOD.md 1.3): the same bits here and in shaders/lib/noise.wgsl, for any step and in any order.

/** One round of a 32-bit permuted congruential hash with the constants of pcg_rxs_m_xs_32 (O'Neill 2014). */
function pcg(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul(((state >>> ((state >>> 28) + 4)) ^ state) >>> 0, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

/** What selects a sequence of noise. All are u32. */
interface NoiseStream {
  /** Of the run. */
  readonly seed: number;
  /** What the noise is for: one of DRAW. */
  readonly draw: number;
  /** Training step, or position in a text. Default: 0. */
  readonly step?: number;
  /** Selection vector, or parameter tensor. Default: 0. */
  readonly vector?: number;
}

/** What all entries of a stream share. */
function streamKey({ seed, draw, step = 0, vector = 0 }: NoiseStream): number {
  const run = pcg(seed >>> 0);
  return pcg(pcg(pcg(run + step) + draw) + vector);
}

/** 32 random bits: entry `index` (u32) of a stream. */
export const noiseBits = (stream: NoiseStream, index: number): number => pcg(streamKey(stream) + index);

const uniformOf = (bits: number): number => ((bits >>> 9) * 2 + 1) / 2 ** 24;

/** u in (0, 1), entry `index` of a stream. An odd multiple of 2^-24, which f32 represents exactly. */
export const uniformNoise = (stream: NoiseStream, index = 0): number => uniformOf(noiseBits(stream, index));

/** The uses of a run's seed. Each has its own streams. */
export const DRAW = {
  language: 0,
  budget: 1,
  ratio: 2,
  batch: 3,
  init: 4,
  inputs: 5,
  sample: 6,
  masks: 7,
  adapters: 8,
} as const;

/** `count` numbers of N(0, 1), made from a stream by the method of Box and Muller. */
export function normals(stream: NoiseStream, count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => {
    const radius = Math.sqrt(-2 * Math.log(uniformNoise(stream, 2 * i)));
    return radius * Math.cos(2 * Math.PI * uniformNoise(stream, 2 * i + 1));
  });
}

/** `count` numbers of U(-bound, bound) from a stream. */
export function uniforms(stream: NoiseStream, count: number, bound: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  const key = streamKey(stream);
  for (let i = 0; i < count; i++) values[i] = bound * (2 * uniformOf(pcg(key + i)) - 1);
  return values;
}
