// The forward pass of add_norm for a compact model, whose branches have some of the residual stream's columns. x, sum: (rows, cols).
//   sum[c] = x[c] + y[left[c]]        out[entered[c]] = (sum[c] - mean) * r * w[c] + b[c]
// y: (rows, y_cols), and left[c] is column c's place in y. out: (rows, out_cols), and entered[c] is its place there. Both are u32 (cols); a
// column without a place has a larger number than any. RMSNorm: mean = 0, b = 0, r = 1 / sqrt(mean(sum^2) + eps). LayerNorm (CENTRED):
// r = 1 / sqrt(variance(sum) + eps). BRANCH: whether there is a y; without it sum = x, which is not written. ENTERS: whether out has some of the
// columns; without it, it has all in order. affine: w, then b from dims.bias on. LANES invocations per row.
// Needs lib/grid.wgsl, lib/rows.wgsl and lib/scalar.wgsl.

override CENTRED = false;
override BRANCH = false;
override ENTERS = false;

struct Dims { rows: u32, cols: u32, y_cols: u32, out_cols: u32, eps: f32, bias: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> affine: array<f32>;   // w, then b
@group(0) @binding(2) var<storage, read> y: array<f32>;        // not read without BRANCH
@group(0) @binding(3) var<storage, read> left: array<u32>;     // not read without BRANCH
@group(0) @binding(4) var<storage, read> entered: array<u32>;  // not read without ENTERS
@group(0) @binding(5) var<storage, read_write> sum: array<f32>;  // not written without BRANCH
@group(0) @binding(6) var<storage, read_write> out: array<f32>;

fn sum_at(i: u32) -> f32 {
  if (BRANCH) { return sum[i]; }
  return x[i];
}

@compute @workgroup_size(LANES * ROWS)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.rows);
  let start = row.clamped * dims.cols;
  var values = 0.0;
  var squares = 0.0;
  for (var c = row.lane; c < dims.cols; c += LANES) {
    var value = x[start + c];
    if (BRANCH) {
      let place = left[c];
      value += select(0.0, y[row.clamped * dims.y_cols + min(place, dims.y_cols - 1u)], place < dims.y_cols);
      if (row.inside) { sum[start + c] = value; }
    }
    values += value;
    squares = fma(value, value, squares);
  }
  var mean = 0.0;
  if (CENTRED) {
    mean = row_sum(values, row.lane) / f32(dims.cols);
    squares = 0.0;
    for (var c = row.lane; c < dims.cols; c += LANES) {
      let away = sum_at(start + c) - mean;
      squares = fma(away, away, squares);
    }
  }
  let r = inverseSqrt(row_sum(squares, row.lane) / f32(dims.cols) + dims.eps);
  if (!row.inside) { return; }
  for (var c = row.lane; c < dims.cols; c += LANES) {
    var result = (sum_at(start + c) - mean) * r * affine[c];
    if (CENTRED) { result += affine[dims.bias + c]; }
    var place = c;
    if (ENTERS) { place = entered[c]; }
    if (place < dims.out_cols) { out[row.clamped * dims.out_cols + place] = result; }
  }
}
