// Frozen weights as blocks of Q5_0: d times (q - 16). Two blocks are 11 words: both d, then 5 words of each, the first of which has the fifth
// bits of q. Needs lib/weight_blocks.wgsl and lib/fifth_bits.wgsl.

fn weight_bits(i: u32) -> vec4u {
  let unit = i / 16u * 11u;
  let block = unit + 1u + (i & 8u) / 8u * 5u;
  return vec4u(w[block + 1u + (i & 3u)], w[unit], w[block], i);
}

fn weight_of(bits: vec4u) -> vec4f { return half_of(bits.y >> ((bits.w & 8u) * 2u)) * (five_bits(bits) - 16.0); }
