// RMSNorm over rows: y = x * r * w with r = 1 / sqrt(mean(x^2) + eps). x, y: (rows, cols); w: (cols).
// Backward (w frozen), with g = dy * w:  dx = r * (g - x * r^2 * mean(g * x)).
// Both: one workgroup of 64 a row. Needs lib/grid.wgsl and lib/reduce.wgsl.

struct Dims { rows: u32, cols: u32, eps: f32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = flat_workgroup(group, counts);
  if (row >= dims.rows) { return; }
  let start = row * dims.cols;
  var squares = 0.0;
  for (var c = lane; c < dims.cols; c += 64u) { squares += x[start + c] * x[start + c]; }
  let r = inverseSqrt(workgroup_sum(squares, lane) / f32(dims.cols) + dims.eps);
  for (var c = lane; c < dims.cols; c += 64u) { y[start + c] = x[start + c] * r * w[c]; }
}

@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = flat_workgroup(group, counts);
  if (row >= dims.rows) { return; }
  let start = row * dims.cols;
  var squares = 0.0;
  var dot_gx = 0.0;
  for (var c = lane; c < dims.cols; c += 64u) {
    let value = x[start + c];
    squares += value * value;
    dot_gx += dy[start + c] * w[c] * value;
  }
  let r = inverseSqrt(workgroup_sum(squares, lane) / f32(dims.cols) + dims.eps);
  let pull = r * r * workgroup_sum(dot_gx, lane) / f32(dims.cols);
  for (var c = lane; c < dims.cols; c += 64u) { dx[start + c] = r * (dy[start + c] * w[c] - x[start + c] * pull); }
}
