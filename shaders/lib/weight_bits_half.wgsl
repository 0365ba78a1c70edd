// The bits of four adjacent weights of lib/weights_half.wgsl (see weight_bits_f32.wgsl).

fn weight_bits(i: u32) -> vec4u { return vec4u(bitcast<vec2u>(w[i]), 0u, 0u); }
fn weight_of(bits: vec4u) -> vec4f { return vec4f(bitcast<vec4h>(bits.xy)); }
