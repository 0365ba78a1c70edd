// Counter-based noise, bit for bit the same as in src/engine/rng.ts: u = hash(seed, step, draw, vector, index) in (0, 1).

fn pcg(value: u32) -> u32 {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

fn noise(seed: u32, step: u32, draw: u32, vector: u32, index: u32) -> f32 {
  let bits = pcg(pcg(pcg(pcg(pcg(seed) + step) + draw) + vector) + index);
  return f32((bits >> 9u) * 2u + 1u) * 0x1p-24;
}
