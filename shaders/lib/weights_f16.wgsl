// Frozen weights as halves, two per u32 with the first in the low bits, unpacked to f32 (see weights_f32.wgsl). Needs lib/vec4.wgsl.
// Adapters may flush subnormal halves (below 6.2e-5) to zero; that error is smaller than the rounding of a weight of 0.13.

@group(0) @binding(1) var<storage, read> w: array<vec2u>;

fn weight_at(i: u32) -> Value {
  let halves = w[i];
  return vec4f(unpack2x16float(halves.x), unpack2x16float(halves.y));
}
