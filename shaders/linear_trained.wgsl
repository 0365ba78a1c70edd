// A small linear layer whose weight is trained: y = x w^T + b. x: (rows, inner), w: (cols, inner), b: (cols), y: (rows, cols).
//   dx = dy w        dw = dy^T x        db = sum over rows of dy
// One invocation an output element in every entry point; large frozen weights have linear.wgsl. Needs lib/grid.wgsl.

struct Dims { rows: u32, inner: u32, cols: u32, biased: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * 64u + lane;
  if (i >= dims.rows * dims.cols) { return; }
  let row = i / dims.cols;
  let col = i % dims.cols;
  var sum = 0.0;
  if (dims.biased == 1u) { sum = b[col]; }
  for (var k = 0u; k < dims.inner; k++) { sum += x[row * dims.inner + k] * w[col * dims.inner + k]; }
  y[i] = sum;
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * 64u + lane;
  if (i >= dims.rows * dims.inner) { return; }
  let row = i / dims.inner;
  let k = i % dims.inner;
  var sum = 0.0;
  for (var col = 0u; col < dims.cols; col++) { sum += dy[row * dims.cols + col] * w[col * dims.inner + k]; }
  dx[i] = sum;
}

@group(0) @binding(1) var<storage, read> x_saved: array<f32>;
@group(0) @binding(2) var<storage, read_write> dw: array<f32>;

@compute @workgroup_size(64)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * 64u + lane;
  if (i >= dims.cols * dims.inner) { return; }
  let col = i / dims.inner;
  let k = i % dims.inner;
  var sum = 0.0;
  for (var row = 0u; row < dims.rows; row++) { sum += dy[row * dims.cols + col] * x_saved[row * dims.inner + k]; }
  dw[i] = sum;
}

@group(0) @binding(1) var<storage, read_write> db: array<f32>;

@compute @workgroup_size(64)
fn bias_gradient(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let col = group.x * 64u + lane;
  if (col >= dims.cols) { return; }
  var sum = 0.0;
  for (var row = 0u; row < dims.rows; row++) { sum += dy[row * dims.cols + col]; }
  db[col] = sum;
}
