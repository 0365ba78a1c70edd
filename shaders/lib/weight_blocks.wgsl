// What the texts for quantised weights share: frozen weights in the blocks of a GGUF file, unpacked to f32 four at a time, as
// formats/gguf/gpuBlocks.ts lays them out. Each lib/weights_q*.wgsl defines weight_bits(i), the bits of weights 4 i to 4 i + 3, and
// weight_of(bits), their values. Needs lib/vec4.wgsl.

@group(0) @binding(1) var<storage, read> w: array<u32>;

/// Value i of the weights: four adjacent weights.
fn weight_at(i: u32) -> Value { return weight_of(weight_bits(i)); }

/// The half in the low 16 bits. Exact, also where unpack2x16float may flush to zero: scales are often subnormal halves.
fn half_of(bits: u32) -> f32 {
  let size = bits & 0x7fffu;
  let normal = bitcast<f32>((size << 13u) + 0x38000000u);
  let value = select(normal, f32(size) * 5.9604644775390625e-8, size < 0x400u);
  return select(value, -value, (bits & 0x8000u) != 0u);
}

/// The four bytes of a word, the lowest first.
fn bytes_of(word: u32) -> vec4u { return (vec4u(word) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u); }

/// The same for signed bytes.
fn signed_bytes_of(word: u32) -> vec4i { return vec4i(vec4u(word) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u); }
