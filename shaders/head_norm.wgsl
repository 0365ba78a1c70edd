// RMSNorm over each head of q and k in packed rows q|k|v (Qwen3): y = x * r * w with r = 1 / sqrt(mean(x^2) + eps) over the head.
// Backward (w frozen), with g = dy * w:  dx = r * (g - x * r^2 * mean(g * x)).
// x, y: (T, heads_per_row * cols). w: (2, cols): row 0 for the first `query_heads` heads, row 1 for the others before `normed`. Heads
// from `normed` on (v) are copied. Rows of the dispatch are single heads: LANES invocations each. cols counts Values.
// Needs lib/grid.wgsl, lib/rows.wgsl and lib/scalar.wgsl or lib/vec4.wgsl.

struct Dims { rows: u32, cols: u32, heads_per_row: u32, query_heads: u32, normed: u32, eps: f32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> w: array<Value>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(LANES * ROWS)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.rows);
  let start = row.clamped * dims.cols;
  let head = row.clamped % dims.heads_per_row;
  let weights = select(dims.cols, 0u, head < dims.query_heads);
  var squares = Value(0.0);
  for (var c = row.lane; c < dims.cols; c += LANES) {
    let value = x[start + c];
    squares = fma(value, value, squares);
  }
  let r = inverseSqrt(row_sum(total(squares), row.lane) / f32(dims.cols * WIDTH) + dims.eps);
  if (!row.inside) { return; }
  for (var c = row.lane; c < dims.cols; c += LANES) {
    let value = x[start + c];
    y[start + c] = select(value, value * r * w[weights + c], head < dims.normed);
  }
}

@group(0) @binding(2) var<storage, read> dy: array<Value>;
@group(0) @binding(3) var<storage, read_write> dx: array<Value>;

@compute @workgroup_size(LANES * ROWS)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.rows);
  let start = row.clamped * dims.cols;
  let head = row.clamped % dims.heads_per_row;
  let weights = select(dims.cols, 0u, head < dims.query_heads);
  var squares = Value(0.0);
  var dot_gx = Value(0.0);
  for (var c = row.lane; c < dims.cols; c += LANES) {
    let value = x[start + c];
    squares = fma(value, value, squares);
    dot_gx = fma(dy[start + c] * w[weights + c], value, dot_gx);
  }
  let cols = f32(dims.cols * WIDTH);
  let r = inverseSqrt(row_sum(total(squares), row.lane) / cols + dims.eps);
  let pull = r * r * (row_sum(total(dot_gx), row.lane) / cols);
  if (!row.inside) { return; }
  for (var c = row.lane; c < dims.cols; c += LANES) {
    let g = dy[start + c];
    dx[start + c] = select(g, r * (g * w[weights + c] - x[start + c] * pull), head < dims.normed);
  }
}
