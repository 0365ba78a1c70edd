// Frozen weights as blocks of Q8_0: d times 32 signed bytes. Two blocks are 17 words: both d, then 8 words of each. Needs lib/weight_blocks.wgsl.

fn weight_bits(i: u32) -> vec4u {
  let unit = i / 16u * 17u;
  return vec4u(w[unit + 1u + i % 16u], w[unit], i, 0u);
}

fn weight_of(bits: vec4u) -> vec4f { return half_of(bits.y >> ((bits.z & 8u) * 2u)) * vec4f(signed_bytes_of(bits.x)); }
