// Frozen weights as blocks of Q5_K. A block is 44 words: those of Q4_K, with 8 words of fifth bits before q, in whose bytes bit j is of
// sub-block j. Needs lib/weight_blocks.wgsl and lib/six_bits.wgsl.

fn weight_bits(i: u32) -> vec4u {
  let block = i / 64u * 44u;
  let part = i / 8u % 8u;
  let low = (w[block + 12u + part / 2u * 8u + i % 8u] >> (part % 2u * 4u)) & 0x0f0f0f0fu;
  let fifth = (w[block + 4u + i % 8u] >> part) & 0x01010101u;
  return vec4u(low | (fifth << 4u), w[block], six_bits(block + 1u, part), 0u);
}
