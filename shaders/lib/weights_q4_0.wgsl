// Frozen weights as blocks of Q4_0: d times (q - 8). Two blocks are 9 words: both d, then 4 words of each, whose bytes have q of the first 16
// weights in their low bits and of the others in the high ones. Needs lib/weight_blocks.wgsl.

fn weight_bits(i: u32) -> vec4u {
  let unit = i / 16u * 9u;
  return vec4u(w[unit + 1u + (i & 8u) / 2u + (i & 3u)], w[unit], i, 0u);
}

fn weight_of(bits: vec4u) -> vec4f {
  let q = bytes_of((bits.x >> (bits.z & 4u)) & 0x0f0f0f0fu);
  return half_of(bits.y >> ((bits.z & 8u) * 2u)) * (vec4f(q) - 8.0);
}
