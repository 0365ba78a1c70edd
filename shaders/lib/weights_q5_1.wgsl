// Frozen weights as blocks of Q5_1: d q + m. A block is 6 words: d and m, the fifth bits of q, and the others. Needs lib/weight_blocks.wgsl and
// lib/fifth_bits.wgsl.

fn weight_bits(i: u32) -> vec4u {
  let block = i / 8u * 6u;
  return vec4u(w[block + 2u + (i & 3u)], w[block], w[block + 1u], i);
}

fn weight_of(bits: vec4u) -> vec4f { return half_of(bits.y) * five_bits(bits) + half_of(bits.y >> 16u); }
