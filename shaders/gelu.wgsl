// Exact GELU (Hendrycks and Gimpel 2016): y = x P(x) with the normal distribution P(x) = (1 + erf(x / sqrt 2)) / 2.
//   dx = dy * (P(x) + x * exp(-x^2 / 2) / sqrt(2 pi))
// One invocation per element. Needs lib/grid.wgsl, lib/erf.wgsl and lib/gelu.wgsl.

const SIZE = 64u;  // invocations per workgroup

struct Dims { count: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * SIZE + lane;
  if (i < dims.count) { y[i] = gelu(x[i]); }
}

@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(SIZE)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * SIZE + lane;
  if (i < dims.count) { dx[i] = dy[i] * gelu_slope(x[i]); }
}
