// Frozen weights as blocks of Q4_K. A block is 36 words: d and dmin; 3 of scales and minimums; for each pair of sub-blocks 8 words, whose bytes
// have q of the first in their low bits and of the second in the high ones. Needs lib/weight_blocks.wgsl and lib/six_bits.wgsl.

fn weight_bits(i: u32) -> vec4u {
  let block = i / 64u * 36u;
  let part = i / 8u % 8u;
  let q = w[block + 4u + part / 2u * 8u + i % 8u] >> (part % 2u * 4u);
  return vec4u(q & 0x0f0f0f0fu, w[block], six_bits(block + 1u, part), 0u);
}
