// Numbers that look random and are the same every time.

/** Uniform in [0, 1): a hash of `i` and `seed`. */
export function random(i: number, seed = 0): number {
  let h = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 2 ** 32;
}

/** About normal, mean 0, standard deviation 1: twelve uniform numbers less six. */
export function bell(i: number, seed = 0): number {
  let sum = -6;
  for (let k = 0; k < 12; k += 1) sum += random(12 * i + k, seed);
  return sum;
}
