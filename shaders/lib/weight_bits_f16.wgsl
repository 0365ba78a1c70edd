// The bits of four adjacent weights of lib/weights_f16.wgsl (see weight_bits_f32.wgsl).

fn weight_bits(i: u32) -> vec4u { return vec4u(w[i], 0u, 0u); }
fn weight_of(bits: vec4u) -> vec4f { return vec4f(unpack2x16float(bits.x), unpack2x16float(bits.y)); }
