// The bits of four adjacent weights of lib/weights_f32.wgsl, so that a kernel can fetch them early and convert them when it needs them.

fn weight_bits(i: u32) -> vec4u { return bitcast<vec4u>(w[i]); }
fn weight_of(bits: vec4u) -> vec4f { return bitcast<vec4f>(bits); }
