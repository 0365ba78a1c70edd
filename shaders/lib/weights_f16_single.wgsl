// Frozen weights as halves, read one by one, for widths that are not multiples of 4 (see weights_f16.wgsl). Needs lib/scalar.wgsl.

@group(0) @binding(1) var<storage, read> w: array<u32>;

fn weight_at(i: u32) -> Value { return unpack2x16float(w[i / 2u])[i % 2u]; }
