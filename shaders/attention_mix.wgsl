// Causal attention, weights (heads of the dispatch, rows, 4 * stride) against rows of a packed tensor.
//   mix: result[t, h] = sum over keys j of weights[h, t, j] * values[j, h / group]; global y is the head after first_head
//   mix_transposed: result[j, g] = sum over the heads h of group g and queries t of weights[h, t, j] * values[t, h]; global y is the
//     group after first_head / group, row 0 is at position 0
// One invocation a tile of 8 rows x 8 columns. Strides, columns and depth (head_dim / 4) count vec4s; head h of a packed tensor is at
// value_column + h * depth. Needs lib/tile.wgsl and lib/causal.wgsl.

struct Dims {
  rows: u32,
  keys: u32,
  stride: u32,
  depth: u32,
  group: u32,
  first_head: u32,
  window: u32,
  from_cache: u32,
  value_stride: u32,
  value_column: u32,
  result_stride: u32,
  result_column: u32,
}
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;

@group(0) @binding(0) var<storage, read> weights: array<vec4f>;
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
@group(0) @binding(2) var<storage, read> start: array<u32>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

fn four_weights(at: vec4u) -> mat4x4f { return mat4x4f(weights[at.x], weights[at.y], weights[at.z], weights[at.w]); }
fn four_values(at: vec4u) -> mat4x4f { return mat4x4f(values[at.x], values[at.y], values[at.z], values[at.w]); }

/// One row of a tile of `limit` rows; its right half exists where head_dim has it.
fn put(row: u32, limit: u32, column: u32, both: bool, left: vec4f, right: vec4f) {
  if (row >= limit) { return; }
  let at = row * dims.result_stride + column;
  result[at] = left;
  if (both) { result[at + 1u] = right; }
}

fn put_tile(first: u32, limit: u32, column: u32, both: bool, tile: Tile) {
  put(first, limit, column, both, tile.a[0], tile.b[0]);
  put(first + 1u, limit, column, both, tile.a[1], tile.b[1]);
  put(first + 2u, limit, column, both, tile.a[2], tile.b[2]);
  put(first + 3u, limit, column, both, tile.a[3], tile.b[3]);
  put(first + 4u, limit, column, both, tile.c[0], tile.d[0]);
  put(first + 5u, limit, column, both, tile.c[1], tile.d[1]);
  put(first + 6u, limit, column, both, tile.c[2], tile.d[2]);
  put(first + 7u, limit, column, both, tile.c[3], tile.d[3]);
}

@compute @workgroup_size(SIZE)
fn mix(@builtin(global_invocation_id) id: vec3u) {
  let across = (dims.depth + 1u) / 2u;
  let row = id.x / across * TILE;
  let column = id.x % across * 2u;
  if (row >= dims.rows) { return; }
  let both = column + 1u < dims.depth;
  let head = dims.first_head + id.y;
  let left = vec4u(dims.value_column + head / dims.group * dims.depth + column);
  let right = left + select(0u, 1u, both);
  let base = vec4u(id.y * dims.rows * dims.stride);
  let top = four_rows(row, dims.rows - 1u, dims.stride) + base;
  let bottom = four_rows(row + 4u, dims.rows - 1u, dims.stride) + base;
  let seen = keys_of_tile(row, start[0] * dims.from_cache, dims.window) / 4u;
  var sum = Tile();
  for (var c = seen.x; c < min(seen.y, dims.stride); c++) {
    let rows = four_rows(4u * c, dims.keys - 1u, dims.value_stride);
    let at = vec4u(c);
    sum = tile_step(sum, four_weights(top + at), four_weights(bottom + at), four_values(rows + left), four_values(rows + right));
  }
  put_tile(row, dims.rows, dims.result_column + head * dims.depth + column, both, sum);
}

@group(0) @binding(2) var<storage, read_write> transposed: array<vec4f>;

fn put_transposed(row: u32, column: u32, both: bool, left: vec4f, right: vec4f) {
  if (row >= dims.keys) { return; }
  let at = row * dims.result_stride + column;
  transposed[at] = left;
  if (both) { transposed[at + 1u] = right; }
}

@compute @workgroup_size(SIZE)
fn mix_transposed(@builtin(global_invocation_id) id: vec3u) {
  let across = (dims.depth + 1u) / 2u;
  let key = id.x / across * TILE;
  let column = id.x % across * 2u;
  if (key >= dims.keys) { return; }
  let both = column + 1u < dims.depth;
  let end = rows_end(key, dims.rows, dims.window);
  var sum = Tile();
  for (var h = id.y * dims.group; h < (id.y + 1u) * dims.group; h++) {
    let left = dims.value_column + (dims.first_head + h) * dims.depth + column;
    let right = left + select(0u, 1u, both);
    let base = h * dims.rows * dims.stride + key / 4u;
    for (var t = key; t < end; t++) {
      let upper = weights[base + t * dims.stride];
      let lower = weights[base + t * dims.stride + 1u];
      let value_left = values[t * dims.value_stride + left];
      let value_right = values[t * dims.value_stride + right];
      sum = Tile(
        outer(sum.a, upper, value_left), outer(sum.b, upper, value_right),
        outer(sum.c, lower, value_left), outer(sum.d, lower, value_right));
    }
  }
  let at = dims.result_column + (dims.first_head / dims.group + id.y) * dims.depth + column;
  put_transposed(key, at, both, sum.a[0], sum.b[0]);
  put_transposed(key + 1u, at, both, sum.a[1], sum.b[1]);
  put_transposed(key + 2u, at, both, sum.a[2], sum.b[2]);
  put_transposed(key + 3u, at, both, sum.a[3], sum.b[3]);
  put_transposed(key + 4u, at, both, sum.c[0], sum.d[0]);
  put_transposed(key + 5u, at, both, sum.c[1], sum.d[1]);
  put_transposed(key + 6u, at, both, sum.c[2], sum.d[2]);
  put_transposed(key + 7u, at, both, sum.c[3], sum.d[3]);
}
