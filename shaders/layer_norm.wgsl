// LayerNorm over rows (Ba et al. 2016): y = v * w + b with v = (x - mean) * r, r = 1 / sqrt(variance + eps). x, y: (rows, cols); w, b: (cols).
//   dx = r * (g - mean(g) - v * mean(g * v)) with g = dy * w        dw = sum over rows of dy * v        db = sum over rows of dy
// forward, backward: one workgroup of 64 a row; stats: (rows, 2) holds mean and r. weight_gradient, bias_gradient: one invocation a column.
// Needs lib/grid.wgsl and lib/reduce.wgsl.

struct Dims { rows: u32, cols: u32, eps: f32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2f>;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = flat_workgroup(group, counts);
  if (row >= dims.rows) { return; }
  let start = row * dims.cols;
  var sum = 0.0;
  for (var c = lane; c < dims.cols; c += 64u) { sum += x[start + c]; }
  let mean = workgroup_sum(sum, lane) / f32(dims.cols);
  var squares = 0.0;
  for (var c = lane; c < dims.cols; c += 64u) { squares += (x[start + c] - mean) * (x[start + c] - mean); }
  let r = inverseSqrt(workgroup_sum(squares, lane) / f32(dims.cols) + dims.eps);
  for (var c = lane; c < dims.cols; c += 64u) { y[start + c] = (x[start + c] - mean) * r * w[c] + b[c]; }
  if (lane == 0u) { stats[row] = vec2f(mean, r); }
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x_saved: array<f32>;
@group(0) @binding(2) var<storage, read> stats_saved: array<vec2f>;
@group(0) @binding(3) var<storage, read> w_saved: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = flat_workgroup(group, counts);
  if (row >= dims.rows) { return; }
  let start = row * dims.cols;
  let mean = stats_saved[row].x;
  let r = stats_saved[row].y;
  var sum = 0.0;
  var dot_gv = 0.0;
  for (var c = lane; c < dims.cols; c += 64u) {
    let g = dy[start + c] * w_saved[c];
    sum += g;
    dot_gv += g * (x_saved[start + c] - mean) * r;
  }
  let mean_g = workgroup_sum(sum, lane) / f32(dims.cols);
  let mean_gv = workgroup_sum(dot_gv, lane) / f32(dims.cols);
  for (var c = lane; c < dims.cols; c += 64u) {
    dx[start + c] = r * (dy[start + c] * w_saved[c] - mean_g - (x_saved[start + c] - mean) * r * mean_gv);
  }
}

@group(0) @binding(3) var<storage, read_write> dw: array<f32>;

@compute @workgroup_size(64)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let c = group.x * 64u + lane;
  if (c >= dims.cols) { return; }
  var sum = 0.0;
  for (var row = 0u; row < dims.rows; row++) {
    let i = row * dims.cols + c;
    sum += dy[i] * (x_saved[i] - stats_saved[row].x) * stats_saved[row].y;
  }
  dw[c] = sum;
}

@group(0) @binding(1) var<storage, read_write> db: array<f32>;

@compute @workgroup_size(64)
fn bias_gradient(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let c = group.x * 64u + lane;
  if (c >= dims.cols) { return; }
  var sum = 0.0;
  for (var row = 0u; row < dims.rows; row++) { sum += dy[row * dims.cols + c]; }
  db[c] = sum;
}
