// Frozen weights as blocks of Q4_1: d q + m. A block is 5 words: d and m, then q as in weights_q4_0.wgsl. Needs lib/weight_blocks.wgsl.

fn weight_bits(i: u32) -> vec4u {
  let block = i / 8u * 5u;
  return vec4u(w[block + 1u + (i & 3u)], w[block], i, 0u);
}

fn weight_of(bits: vec4u) -> vec4f {
  let q = bytes_of((bits.x >> (bits.z & 4u)) & 0x0f0f0f0fu);
  return half_of(bits.y) * vec4f(q) + half_of(bits.y >> 16u);
}
