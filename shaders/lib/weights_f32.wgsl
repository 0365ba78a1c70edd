// Frozen weights as f32. A kernel that reads frozen weights gets this file, weights_f16.wgsl or weights_f16_single.wgsl, which declares
// binding 1 and weight_at. Needs lib/scalar.wgsl or lib/vec4.wgsl.

@group(0) @binding(1) var<storage, read> w: array<Value>;

/// Value i of the weights: WIDTH adjacent weights.
fn weight_at(i: u32) -> Value { return w[i]; }
