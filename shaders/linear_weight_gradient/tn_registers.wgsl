// Gradient of a linear layer's weight: dW(N,K) = dY(M,N)^T X(M,K), or that added to dW. Row-major f32.
// One invocation per tile of TILE_ROWS x TILE_COLUMNS, without barriers: eight columns of dY and two Values of X per row of the sum.
// Widths that are not multiples of 4 take lib/scalar.wgsl. Needs lib/grid.wgsl and lib/scalar.wgsl or lib/vec4.wgsl.

const TILE_ROWS = 8u;
const TILE_COLUMNS = 2u * WIDTH;
const TILE_INVOCATIONS = 1u;
const SIZE = 16u;  // tiles, and so invocations, per workgroup

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(0) var<storage, read> dy4: array<vec4f>;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read_write> dw: array<Value>;

struct Dims {
  m: u32,  // rows of the activations
  n: u32,  // out features
  k: u32,  // in features, in Values
}
@group(1) @binding(0) var<uniform> dims: Dims;

override ACCUMULATE: bool = false;

fn put(row: u32, column: u32, sum: Value) {
  if (row >= dims.n || column >= dims.k) { return; }
  let at = row * dims.k + column;
  var value = sum;
  if (ACCUMULATE) { value += dw[at]; }
  dw[at] = value;
}

/// Sums of eight rows of dW, from `row` on, and two Values.
struct Sums {
  c0_0: Value, c0_1: Value, c1_0: Value, c1_1: Value, c2_0: Value, c2_1: Value, c3_0: Value, c3_1: Value,
  c4_0: Value, c4_1: Value, c5_0: Value, c5_1: Value, c6_0: Value, c6_1: Value, c7_0: Value, c7_1: Value,
}

fn put_all(row: u32, column: u32, sums: Sums) {
  put(row, column, sums.c0_0); put(row, column + 1u, sums.c0_1);
  put(row + 1u, column, sums.c1_0); put(row + 1u, column + 1u, sums.c1_1);
  put(row + 2u, column, sums.c2_0); put(row + 2u, column + 1u, sums.c2_1);
  put(row + 3u, column, sums.c3_0); put(row + 3u, column + 1u, sums.c3_1);
  put(row + 4u, column, sums.c4_0); put(row + 4u, column + 1u, sums.c4_1);
  put(row + 5u, column, sums.c5_0); put(row + 5u, column + 1u, sums.c5_1);
  put(row + 6u, column, sums.c6_0); put(row + 6u, column + 1u, sums.c6_1);
  put(row + 7u, column, sums.c7_0); put(row + 7u, column + 1u, sums.c7_1);
}

/// First row and first Value of an invocation's tile.
fn tile_start(tile: u32) -> vec2u {
  let tiles_across = (dims.k + 1u) / 2u;
  return vec2u(tile / tiles_across * TILE_ROWS, tile % tiles_across * 2u);
}

/// n is a multiple of 4.
@compute @workgroup_size(SIZE)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let start = tile_start(flat_workgroup(group, counts) * SIZE + local);
  if (start.x >= dims.n) { return; }
  let n4 = dims.n / 4u;
  // beyond the edges the last Value is read again; put() does not write those results
  let row0 = start.x / 4u;
  let row1 = min(row0 + 1u, n4 - 1u);
  let column1 = min(start.y + 1u, dims.k - 1u);
  var c = Sums();
  for (var step = 0u; step < dims.m; step++) {
    let upper = dy4[step * n4 + row0];
    let lower = dy4[step * n4 + row1];
    let left = x[step * dims.k + start.y];
    let right = x[step * dims.k + column1];
    c.c0_0 += upper.x * left; c.c0_1 += upper.x * right;
    c.c1_0 += upper.y * left; c.c1_1 += upper.y * right;
    c.c2_0 += upper.z * left; c.c2_1 += upper.z * right;
    c.c3_0 += upper.w * left; c.c3_1 += upper.w * right;
    c.c4_0 += lower.x * left; c.c4_1 += lower.x * right;
    c.c5_0 += lower.y * left; c.c5_1 += lower.y * right;
    c.c6_0 += lower.z * left; c.c6_1 += lower.z * right;
    c.c7_0 += lower.w * left; c.c7_1 += lower.w * right;
  }
  put_all(start.x, start.y, c);
}

/// Any n: reads dY one by one.
@compute @workgroup_size(SIZE)
fn weight_gradient_odd(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let start = tile_start(flat_workgroup(group, counts) * SIZE + local);
  if (start.x >= dims.n) { return; }
  let column1 = min(start.y + 1u, dims.k - 1u);
  let upper_rows = min(vec4u(start.x) + vec4u(0u, 1u, 2u, 3u), vec4u(dims.n - 1u));
  let lower_rows = min(vec4u(start.x) + vec4u(4u, 5u, 6u, 7u), vec4u(dims.n - 1u));
  var c = Sums();
  for (var step = 0u; step < dims.m; step++) {
    let upper = upper_rows + step * dims.n;
    let lower = lower_rows + step * dims.n;
    let left = x[step * dims.k + start.y];
    let right = x[step * dims.k + column1];
    c.c0_0 += dy[upper.x] * left; c.c0_1 += dy[upper.x] * right;
    c.c1_0 += dy[upper.y] * left; c.c1_1 += dy[upper.y] * right;
    c.c2_0 += dy[upper.z] * left; c.c2_1 += dy[upper.z] * right;
    c.c3_0 += dy[upper.w] * left; c.c3_1 += dy[upper.w] * right;
    c.c4_0 += dy[lower.x] * left; c.c4_1 += dy[lower.x] * right;
    c.c5_0 += dy[lower.y] * left; c.c5_1 += dy[lower.y] * right;
    c.c6_0 += dy[lower.z] * left; c.c6_1 += dy[lower.z] * right;
    c.c7_0 += dy[lower.w] * left; c.c7_1 += dy[lower.w] * right;
  }
  put_all(start.x, start.y, c);
}
