// A small linear layer with trained weights: y = x w^T + b. x: (rows, inner), w: (cols, inner), b: (cols), y: (rows, cols).
//   input_gradient: dx = dy w        parameter_gradients: dw = dy^T x and db = sum over rows of dy
//   bias_gradient: column_sums = db alone, of a layer whose weight's gradient linear_weight_gradient makes
// Frozen layers use linear/, and these kernels only if a width is not a multiple of 4.
// One invocation per OUTPUTS results that share one factor. inner counts Values.
// Needs lib/grid.wgsl, lib/scalar.wgsl or lib/vec4.wgsl, and lib/weights_*.wgsl.

const SIZE = 64u;    // invocations per workgroup
const OUTPUTS = 4u;  // results per invocation

struct Dims { rows: u32, inner: u32, cols: u32, biased: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

/// The four rows (or columns) from `first` on. Beyond the end of `count` the last one is repeated; its results are not written.
fn four(first: u32, count: u32) -> vec4u {
  return min(vec4u(first, first + 1u, first + 2u, first + 3u), vec4u(count - 1u));
}

@compute @workgroup_size(SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * SIZE + lane;
  let row = i / dims.cols * OUTPUTS;
  let col = i % dims.cols;
  if (row >= dims.rows) { return; }
  let from_x = four(row, dims.rows) * dims.inner;
  let from_w = col * dims.inner;
  var s0 = Value(0.0);
  var s1 = Value(0.0);
  var s2 = Value(0.0);
  var s3 = Value(0.0);
  for (var k = 0u; k < dims.inner; k++) {
    let weight = weight_at(from_w + k);
    s0 = fma(x[from_x.x + k], weight, s0);
    s1 = fma(x[from_x.y + k], weight, s1);
    s2 = fma(x[from_x.z + k], weight, s2);
    s3 = fma(x[from_x.w + k], weight, s3);
  }
  var bias = 0.0;
  if (dims.biased == 1u) { bias = b[col]; }
  let sums = vec4f(total(s0), total(s1), total(s2), total(s3)) + bias;
  for (var j = 0u; j < min(OUTPUTS, dims.rows - row); j++) { y[(row + j) * dims.cols + col] = sums[j]; }
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<Value>;

@compute @workgroup_size(SIZE)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * SIZE + lane;
  let row = i / dims.inner * OUTPUTS;
  let k = i % dims.inner;
  if (row >= dims.rows) { return; }
  let from_dy = four(row, dims.rows) * dims.cols;
  var sums = array<Value, OUTPUTS>();
  for (var col = 0u; col < dims.cols; col++) {
    let weight = weight_at(col * dims.inner + k);
    sums[0] += dy[from_dy.x + col] * weight;
    sums[1] += dy[from_dy.y + col] * weight;
    sums[2] += dy[from_dy.z + col] * weight;
    sums[3] += dy[from_dy.w + col] * weight;
  }
  for (var j = 0u; j < min(OUTPUTS, dims.rows - row); j++) { dx[(row + j) * dims.inner + k] = sums[j]; }
}

@group(0) @binding(1) var<storage, read> x_saved: array<Value>;
@group(0) @binding(2) var<storage, read_write> dw: array<Value>;
@group(0) @binding(3) var<storage, read_write> db: array<f32>;  // not written without a bias

@compute @workgroup_size(SIZE)
fn parameter_gradients(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * SIZE + lane;
  let col = i / dims.inner * OUTPUTS;
  let k = i % dims.inner;
  if (col >= dims.cols) { return; }
  let cols = four(col, dims.cols);
  var sums = array<Value, OUTPUTS>();
  var bias = vec4f();
  for (var row = 0u; row < dims.rows; row++) {
    let value = x_saved[row * dims.inner + k];
    let from_dy = row * dims.cols;
    let slopes = vec4f(dy[from_dy + cols.x], dy[from_dy + cols.y], dy[from_dy + cols.z], dy[from_dy + cols.w]);
    bias += slopes;
    sums[0] += slopes.x * value;
    sums[1] += slopes.y * value;
    sums[2] += slopes.z * value;
    sums[3] += slopes.w * value;
  }
  for (var j = 0u; j < min(OUTPUTS, dims.cols - col); j++) {
    dw[(col + j) * dims.inner + k] = sums[j];
    if (k == 0u && dims.biased == 1u) { db[col + j] = bias[j]; }
  }
}

@group(0) @binding(1) var<storage, read_write> column_sums: array<f32>;

@compute @workgroup_size(SIZE)
fn bias_gradient(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let col = group.x * SIZE + lane;
  if (col >= dims.cols) { return; }
  var sum = 0.0;
  for (var row = 0u; row < dims.rows; row++) { sum += dy[row * dims.cols + col]; }
  column_sums[col] = sum;
}
