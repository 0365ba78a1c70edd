// LayerNorm over rows (Ba et al. 2016): y = v * w + b with v = (x - mean) * r, r = 1 / sqrt(variance + eps). x, y: (rows, cols); w, b: (cols).
//   dx = r * (g - mean(g) - v * mean(g * v)) with g = dy * w        dw = sum over rows of dy * v        db = sum over rows of dy
// ACTIVATED: y is the GELU of that (lib/gelu.wgsl), and dy stands for its gradient through the GELU.
// stats: (rows, 2), mean and r of each row. forward, backward: LANES invocations per row. parameter_gradients: dw and db, one invocation
// per column Value. cols counts Values. Needs lib/grid.wgsl, lib/rows.wgsl, lib/erf.wgsl, lib/gelu.wgsl, and lib/scalar.wgsl or lib/vec4.wgsl.

override ACTIVATED = false;

const SIZE = 64u;  // invocations per workgroup of parameter_gradients

struct Dims { rows: u32, cols: u32, eps: f32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> w: array<Value>;
@group(0) @binding(2) var<storage, read> b: array<Value>;
@group(0) @binding(3) var<storage, read_write> y: array<Value>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2f>;

fn activated(v: Value) -> Value {
  if (!ACTIVATED) { return v; }
  return assemble(gelu(component(v, 0u)), gelu(component(v, 1u)), gelu(component(v, 2u)), gelu(component(v, 3u)));
}

fn slope_at(v: Value) -> Value {
  return assemble(
    gelu_slope(component(v, 0u)), gelu_slope(component(v, 1u)), gelu_slope(component(v, 2u)), gelu_slope(component(v, 3u)));
}

@compute @workgroup_size(LANES * ROWS)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.rows);
  let start = row.clamped * dims.cols;
  let cols = f32(dims.cols * WIDTH);
  var sum = Value(0.0);
  for (var c = row.lane; c < dims.cols; c += LANES) { sum += x[start + c]; }
  let mean = row_sum(total(sum), row.lane) / cols;
  var squares = Value(0.0);
  for (var c = row.lane; c < dims.cols; c += LANES) {
    let away = x[start + c] - mean;
    squares = fma(away, away, squares);
  }
  let r = inverseSqrt(row_sum(total(squares), row.lane) / cols + dims.eps);
  if (!row.inside) { return; }
  for (var c = row.lane; c < dims.cols; c += LANES) { y[start + c] = activated((x[start + c] - mean) * r * w[c] + b[c]); }
  if (row.lane == 0u) { stats[row.clamped] = vec2f(mean, r); }
}

@group(0) @binding(0) var<storage, read> dy: array<Value>;
@group(0) @binding(1) var<storage, read> x_saved: array<Value>;
@group(0) @binding(2) var<storage, read> stats_saved: array<vec2f>;
@group(0) @binding(3) var<storage, read> w_saved: array<Value>;
@group(0) @binding(4) var<storage, read> b_saved: array<Value>;  // read only if ACTIVATED
@group(0) @binding(5) var<storage, read_write> dx: array<Value>;

/// The gradient of v * w + b at element i, in column c. stat: mean and r of its row.
fn gradient_at(i: u32, c: u32, stat: vec2f) -> Value {
  if (!ACTIVATED) { return dy[i]; }
  return dy[i] * slope_at((x_saved[i] - stat.x) * stat.y * w_saved[c] + b_saved[c]);
}

@compute @workgroup_size(LANES * ROWS)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.rows);
  let start = row.clamped * dims.cols;
  let cols = f32(dims.cols * WIDTH);
  let stat = stats_saved[row.clamped];
  let mean = stat.x;
  let r = stat.y;
  var sum = Value(0.0);
  var dot_gv = Value(0.0);
  for (var c = row.lane; c < dims.cols; c += LANES) {
    let g = gradient_at(start + c, c, stat) * w_saved[c];
    sum += g;
    dot_gv = fma(g, (x_saved[start + c] - mean) * r, dot_gv);
  }
  let mean_g = row_sum(total(sum), row.lane) / cols;
  let mean_gv = row_sum(total(dot_gv), row.lane) / cols;
  if (!row.inside) { return; }
  for (var c = row.lane; c < dims.cols; c += LANES) {
    let g = gradient_at(start + c, c, stat) * w_saved[c];
    dx[start + c] = r * (g - mean_g - (x_saved[start + c] - mean) * r * mean_gv);
  }
}

@group(0) @binding(5) var<storage, read_write> dw: array<Value>;
@group(0) @binding(6) var<storage, read_write> db: array<Value>;

@compute @workgroup_size(SIZE)
fn parameter_gradients(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let c = group.x * SIZE + local;
  if (c >= dims.cols) { return; }
  var sum = Value(0.0);
  var with_v = Value(0.0);
  for (var row = 0u; row < dims.rows; row++) {
    let i = row * dims.cols + c;
    let stat = stats_saved[row];
    let gradient = gradient_at(i, c, stat);
    sum += gradient;
    with_v += gradient * (x_saved[i] - stat.x) * stat.y;
  }
  dw[c] = with_v;
  db[c] = sum;
}
