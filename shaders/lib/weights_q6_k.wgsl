// Frozen weights as blocks of Q6_K: d scale (q - 32), a signed scale for every 16 of the 256 weights. Two blocks are 105 words: both d, then 52
// of each: 32 of low bits of q, 16 of high bits, 4 of scales. Needs lib/weight_blocks.wgsl.

fn weight_bits(i: u32) -> vec4u {
  let unit = i / 128u * 105u;
  let block = unit + 1u + (i & 64u) / 64u * 52u;
  let side = (i & 32u) / 32u;  // of the block: the first or the second 128 weights
  let part = i / 8u % 4u;      // of the side: 32 weights
  let low = (w[block + side * 16u + part % 2u * 8u + i % 8u] >> (part / 2u * 4u)) & 0x0f0f0f0fu;
  let high = (w[block + 32u + side * 8u + i % 8u] >> (part * 2u)) & 0x03030303u;
  let scale = w[block + 48u + (i & 63u) / 16u] >> ((i & 12u) * 2u);
  return vec4u(low | (high << 4u), w[unit] >> ((i & 64u) / 4u), scale, 0u);
}

fn weight_of(bits: vec4u) -> vec4f {
  let scale = half_of(bits.y) * f32(signed_bytes_of(bits.z).x);
  return scale * (vec4f(bytes_of(bits.x)) - 32.0);
}
