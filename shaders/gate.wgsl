// Gates on the columns of an activation. x, y, residual: (rows, cols); mask: (cols), the gates of one selection vector.
//   apply: y = x * mask. Also the gradient of x: dx = dy * mask        add: y = residual + x * mask
//   mask_gradient: dmask = sum over rows of dy * x        backward: dx and dmask in one pass
// apply, add: one invocation per column and BLOCK rows. mask_gradient, backward: one workgroup per COLUMNS columns, with LANES
// invocations for each. cols counts Values. Needs lib/scalar.wgsl or lib/vec4.wgsl.

struct Dims { rows: u32, cols: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;
override BLOCK: u32 = 1u;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> mask: array<Value>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(SIZE)
fn apply(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let factor = mask[id.x];
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    let i = row * dims.cols + id.x;
    y[i] = x[i] * factor;
  }
}

@group(0) @binding(2) var<storage, read> residual: array<Value>;
@group(0) @binding(3) var<storage, read_write> joined: array<Value>;

@compute @workgroup_size(SIZE)
fn add(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let factor = mask[id.x];
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    let i = row * dims.cols + id.x;
    joined[i] = fma(x[i], factor, residual[i]);
  }
}

override COLUMNS: u32 = 16u;
override LANES: u32 = 16u;
var<workgroup> partial: array<Value, 256>;  // COLUMNS * LANES at most

/// Sum over the lanes of each column; complete in lane 0 only. Every invocation of the workgroup must call it.
fn over_lanes(sum: Value, local: u32) -> Value {
  if (LANES == 1u) { return sum; }
  partial[local] = sum;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local / COLUMNS < half) { partial[local] += partial[local + half * COLUMNS]; }
  }
  return partial[local];
}

@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read_write> dmask_alone: array<Value>;

@compute @workgroup_size(COLUMNS * LANES)
fn mask_gradient(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let col = group.x * COLUMNS + local % COLUMNS;
  let inside = col < dims.cols;
  var sum = Value(0.0);
  for (var row = local / COLUMNS; row < select(0u, dims.rows, inside); row += LANES) {
    let i = row * dims.cols + col;
    sum = fma(dy[i], x[i], sum);
  }
  sum = over_lanes(sum, local);
  if (inside && local < COLUMNS) { dmask_alone[col] = sum; }
}

@group(0) @binding(2) var<storage, read> grad: array<Value>;
@group(0) @binding(3) var<storage, read_write> dx: array<Value>;
@group(0) @binding(4) var<storage, read_write> dmask: array<Value>;

@compute @workgroup_size(COLUMNS * LANES)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let col = group.x * COLUMNS + local % COLUMNS;
  let inside = col < dims.cols;
  let factor = mask[min(col, dims.cols - 1u)];
  var sum = Value(0.0);
  for (var row = local / COLUMNS; row < select(0u, dims.rows, inside); row += LANES) {
    let i = row * dims.cols + col;
    let g = grad[i];
    dx[i] = g * factor;
    sum = fma(g, x[i], sum);
  }
  sum = over_lanes(sum, local);
  if (inside && local < COLUMNS) { dmask[col] = sum; }
}
