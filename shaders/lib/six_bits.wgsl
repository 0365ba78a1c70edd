// What Q4_K and Q5_K share: a block of 256 weights has 8 sub-blocks, each d scale q - dmin min. Needs lib/weight_blocks.wgsl.

/// Scale and minimum of sub-block j, six bits each, in the low two bytes. first: the word with which the 12 bytes of all of them begin.
fn six_bits(first: u32, j: u32) -> u32 {
  let shift = j % 4u * 8u;
  let scales = w[first] >> shift;
  let minimums = w[first + 1u] >> shift;
  let both = w[first + 2u] >> shift;
  let high = (both & 15u) | ((scales & 0xc0u) >> 2u) | ((both & 0xf0u) << 4u) | ((minimums & 0xc0u) << 6u);
  return select(high, (scales & 63u) | ((minimums & 63u) << 8u), j < 4u);
}

/// x: q as four bytes; y: d and dmin; z: what six_bits returns.
fn weight_of(bits: vec4u) -> vec4f {
  let scale = half_of(bits.y) * f32(bits.z & 63u);
  let minimum = half_of(bits.y >> 16u) * f32(bits.z >> 8u);
  return scale * vec4f(bytes_of(bits.x)) - minimum;
}
