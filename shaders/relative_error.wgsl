// The squared error of each row of x, relative to the square of the target's row y: errors[t] = weight sum over c of (x - y)^2 / sum over c
// of y^2. x and y: (T, C). Also the gradient of the mean of `errors`: dx[t, c] = 2 weight (x - y) / (T sum over c of y^2).
// LANES invocations per row. Needs lib/grid.wgsl, lib/rows.wgsl, and lib/scalar.wgsl or lib/vec4.wgsl.

struct Dims { rows: u32, cols: u32, weight: f32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> y: array<Value>;
@group(0) @binding(2) var<storage, read_write> errors: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<Value>;

// A row of zeros has no size; errors are then relative to this.
const LEAST_SQUARE = 1e-30;

@compute @workgroup_size(LANES * ROWS)
fn measure(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.rows);
  let start = row.clamped * dims.cols;
  var error = Value(0.0);
  var square = Value(0.0);
  for (var c = start + row.lane; c < start + dims.cols; c += LANES) {
    let off = x[c] - y[c];
    error += off * off;
    square += y[c] * y[c];
  }
  let whole = row_sum(total(error), row.lane);
  let scale = dims.weight / max(row_sum(total(square), row.lane), LEAST_SQUARE);
  if (!row.inside) { return; }
  if (row.lane == 0u) { errors[row.clamped] = scale * whole; }
  let slope = 2.0 * scale / f32(dims.rows);
  for (var c = start + row.lane; c < start + dims.cols; c += LANES) { dx[c] = slope * (x[c] - y[c]); }
}
