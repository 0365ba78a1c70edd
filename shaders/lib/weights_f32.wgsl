// Frozen weights as f32. A kernel that reads frozen weights takes this file, weights_f16.wgsl or weights_f16_single.wgsl in front, which
// declares binding 1 for it. Needs lib/scalar.wgsl or lib/vec4.wgsl.

@group(0) @binding(1) var<storage, read> w: array<Value>;

/// `Value` number i of the weights: WIDTH of them side by side.
fn weight_at(i: u32) -> Value { return w[i]; }
