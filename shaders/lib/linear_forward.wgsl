// What the forward kernels of a linear layer bind: Y(M,N) = X(M,K) W(N,K)^T + bias, row-major. lib/weights_*.wgsl declares the weight.
// A kernel reads bias and writes y four columns at a time or one by one.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;  // unused if BIAS is false: any buffer
@group(0) @binding(2) var<storage, read> bias_values: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y_values: array<f32>;

struct Dims {
  m: u32,  // rows of the activations
  n: u32,  // out features (rows of W), a multiple of 4
  k: u32,  // in features (columns of W), a multiple of 4
}
@group(1) @binding(0) var<uniform> dims: Dims;

override BIAS: bool = false;
