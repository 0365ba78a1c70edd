// A branch joins the residual stream, and the next branch reads its norm (METHOD.md 1.1). x, y, sum, out: (rows, cols); gates: (cols) each.
//   sum = x + y * leave        out = ((sum - mean) * r * w + b) * enter
// RMSNorm: mean = 0, b = 0, r = 1 / sqrt(mean(sum^2) + eps). LayerNorm (CENTRED): r = 1 / sqrt(variance(sum) + eps).
// BRANCH: whether there is a y; without it sum = x, which is not written.
// LEAVES, ENTERS: whether there are gates, which start at dims.leave and dims.enter of `gates`. affine: w, then b from dims.bias on.
// LANES invocations per row. cols and offsets count Values. Needs lib/grid.wgsl, lib/rows.wgsl and lib/scalar.wgsl or lib/vec4.wgsl.

override CENTRED = false;
override BRANCH = false;
override LEAVES = false;
override ENTERS = false;

struct Dims { rows: u32, cols: u32, eps: f32, bias: u32, leave: u32, enter: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> affine: array<Value>;  // w, then b
@group(0) @binding(2) var<storage, read> gates: array<Value>;   // not read without gates
@group(0) @binding(3) var<storage, read> y: array<Value>;              // not read without BRANCH
@group(0) @binding(4) var<storage, read_write> sum: array<Value>;      // not written without BRANCH
@group(0) @binding(5) var<storage, read_write> out: array<Value>;

/// r of a row from the lanes' sums of (value - mean)^2.
fn scale_of(squares: Value, lane: u32) -> f32 {
  return inverseSqrt(row_sum(total(squares), lane) / f32(dims.cols * WIDTH) + dims.eps);
}

fn sum_at(i: u32) -> Value {
  if (BRANCH) { return sum[i]; }
  return x[i];
}

fn normed(value: Value, c: u32) -> Value {
  var result = value * affine[c];
  if (CENTRED) { result += affine[dims.bias + c]; }
  if (ENTERS) { result *= gates[dims.enter + c]; }
  return result;
}

@compute @workgroup_size(LANES * ROWS)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.rows);
  let start = row.clamped * dims.cols;
  var values = Value(0.0);
  var squares = Value(0.0);
  for (var c = row.lane; c < dims.cols; c += LANES) {
    var value = x[start + c];
    if (BRANCH) {
      var joining = y[start + c];
      if (LEAVES) { joining *= gates[dims.leave + c]; }
      value += joining;
      if (row.inside) { sum[start + c] = value; }
    }
    values += value;
    squares = fma(value, value, squares);
  }
  var mean = 0.0;
  if (CENTRED) {
    mean = row_sum(total(values), row.lane) / f32(dims.cols * WIDTH);
    squares = Value(0.0);
    for (var c = row.lane; c < dims.cols; c += LANES) {
      let away = sum_at(start + c) - mean;
      squares = fma(away, away, squares);
    }
  }
  let r = scale_of(squares, row.lane);
  if (!row.inside) { return; }
  for (var c = row.lane; c < dims.cols; c += LANES) { out[start + c] = normed((sum_at(start + c) - mean) * r, c); }
}
