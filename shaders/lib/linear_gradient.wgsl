// What the kernels of the gradient of a linear layer's input bind: dX(M,K) = dY(M,N) W(N,K), row-major. lib/weights_*.wgsl declares the weight.

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;

struct Dims {
  m: u32,  // rows of the activations
  n: u32,  // out features (rows of W), a multiple of 4
  k: u32,  // in features (columns of W), a multiple of 4
}
@group(1) @binding(0) var<uniform> dims: Dims;
