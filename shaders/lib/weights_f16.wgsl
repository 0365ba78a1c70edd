// Frozen weights as halves, two in a u32, the first in the low bits; unpacked to f32. Needs lib/vec4.wgsl (see weights_f32.wgsl).
// An adapter may take a subnormal half, below 6.2e-5, for zero: that is less than the rounding of a weight of 0.13.

@group(0) @binding(1) var<storage, read> w: array<vec2u>;

fn weight_at(i: u32) -> Value {
  let halves = w[i];
  return vec4f(unpack2x16float(halves.x), unpack2x16float(halves.y));
}
