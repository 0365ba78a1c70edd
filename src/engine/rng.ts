// Counter-based noise (METHOD.md 1.3): the same bits on the CPU and in shaders/lib/noise.wgsl, at any step, in any order.

/** One round of a 32-bit permuted congruential hash; the constants are those of pcg_rxs_m_xs_32 (O'Neill 2014). */
function pcg(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul(((state >>> ((state >>> 28) + 4)) ^ state) >>> 0, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

/** 32 random bits for each coordinate of the noise. All arguments are u32. */
export function noiseBits(seed: number, step: number, draw: number, vector: number, index: number): number {
  const run = pcg(seed >>> 0);
  return pcg(pcg(pcg(pcg(run + step) + draw) + vector) + index);
}

/** u in (0, 1), a multiple of 2^-25 that is exact in f32. */
export function uniformNoise(seed: number, step: number, draw: number, vector: number, index: number): number {
  return ((noiseBits(seed, step, draw, vector, index) >>> 9) * 2 + 1) / 2 ** 24;
}

/** Streams of the one seed of a run; each is a `draw` that no other use shares. */
export const DRAW = { language: 0, budget: 1, ratio: 2, batch: 3, init: 4, inputs: 5, sample: 6, masks: 7 } as const;

/** `count` numbers of N(0, 1), by Box and Muller, from the stream `draw`. */
export function normals(seed: number, draw: number, vector: number, count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => {
    const radius = Math.sqrt(-2 * Math.log(uniformNoise(seed, 0, draw, vector, 2 * i)));
    return radius * Math.cos(2 * Math.PI * uniformNoise(seed, 0, draw, vector, 2 * i + 1));
  });
}

/** `count` numbers of U(-bound, bound) from the stream `draw`. */
export function uniforms(
  seed: number,
  draw: number,
  vector: number,
  count: number,
  bound: number,
): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => bound * (2 * uniformNoise(seed, 0, draw, vector, i) - 1));
}
