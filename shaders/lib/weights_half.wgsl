// Frozen weights as halves on adapters that compute with them (the feature shader-f16): weights_f16.wgsl without its unpacking. The launcher
// puts `enable f16;` first. Needs lib/vec4.wgsl.

@group(0) @binding(1) var<storage, read> w: array<vec4h>;

fn weight_at(i: u32) -> Value { return vec4f(w[i]); }
