// The five bits of four weights of Q5_0 or Q5_1. x has the low bits as in weights_q4_0.wgsl, z the fifth bits of the block's 32 weights, and
// w is the index of the four weights. Needs lib/weight_blocks.wgsl.

fn five_bits(bits: vec4u) -> vec4f {
  let low = bytes_of((bits.x >> (bits.w & 4u)) & 0x0f0f0f0fu);
  let fifth = (vec4u(bits.z >> ((bits.w & 7u) * 4u)) >> vec4u(0u, 1u, 2u, 3u)) & vec4u(1u);
  return vec4f(low | (fifth << vec4u(4u)));
}
