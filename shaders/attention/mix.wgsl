// Causal attention: products of attention weights with rows of a packed tensor.
//   mix: result[t, h] = sum over keys j of weights[h, t, j] * values[j, h / group]
//   mix_few: the same for few rows (decoding), with one invocation per query and vec4 of columns
// mix: one invocation per block of TILE rows x LANE_COLUMNS columns (lib/tile.wgsl). Global z counts the heads from first_head on.
// weights: (heads of the dispatch, rows, 4 * stride). Head h of a packed tensor starts at value_column + h * depth. Strides, columns and
// depth (head_dim / 4) count vec4s. Needs lib/quad.wgsl or lib/alone.wgsl, lib/grid.wgsl, lib/tile.wgsl, lib/causal.wgsl and lib/head_place.wgsl.

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

@group(0) @binding(0) var<storage, read> weights: array<vec4f>;
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
@group(0) @binding(2) var<storage, read> start: array<u32>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

fn rows_of_weights(at: vec4u) -> mat4x4f {
  if (SHARING == 4u) { return share(weights[at.x]); }
  return mat4x4f(weights[at.x], weights[at.y], weights[at.z], weights[at.w]);
}
fn four_of_values(at: vec4u) -> mat4x4f { return mat4x4f(values[at.x], values[at.y], values[at.z], values[at.w]); }

fn put(row: u32, head_column: u32, column: u32, left: vec4f, right: vec4f) {
  if (row >= dims.rows) { return; }
  let at = row * dims.result_stride + head_column + column;
  if (column < dims.depth) { result[at] = left; }
  if (column + 1u < dims.depth) { result[at + 1u] = right; }
}

/// A loop, which drivers compile sooner than sixteen copies.
fn put_block(place: Place, head_column: u32, sum: Block) {
  var groups = array(sum.g0, sum.g1, sum.g2, sum.g3);
  for (var i = 0u; i < TILE; i++) {
    let j = i % 4u;
    put(row_of_block(place.row, place.lane, i), head_column, place.column, groups[i / 4u].left[j], groups[i / 4u].right[j]);
  }
}

@compute @workgroup_size(SIZE)
fn mix(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) counts: vec3u) {
  let place = place_of(flat_invocation(id, counts, SIZE));
  let row = place.row;
  if (row >= dims.rows) { return; }
  let head = dims.first_head + id.z;
  let base = id.z * dims.rows * dims.stride;
  let value_column = dims.value_column + head / dims.group * dims.depth;
  let a0 = shared_rows(row, place.lane, dims.rows - 1u, dims.stride) + base;
  let a1 = shared_rows(row + 4u, place.lane, dims.rows - 1u, dims.stride) + base;
  let a2 = shared_rows(row + 8u, place.lane, dims.rows - 1u, dims.stride) + base;
  let a3 = shared_rows(row + 12u, place.lane, dims.rows - 1u, dims.stride) + base;
  let seen = keys_of_tile(row, start[0] * dims.from_cache, dims.window) / 4u;
  var sum = Block();
  for (var c = seen.x; c < min(seen.y, dims.stride); c++) {
    let rows = four_rows(4u * c, dims.keys - 1u, dims.value_stride) + value_column;
    let left = four_of_values(rows + place.left);
    let right = four_of_values(rows + place.right);
    sum.g0 = accumulate(sum.g0, rows_of_weights(a0 + c), left, right);
    sum.g1 = accumulate(sum.g1, rows_of_weights(a1 + c), left, right);
    sum.g2 = accumulate(sum.g2, rows_of_weights(a2 + c), left, right);
    sum.g3 = accumulate(sum.g3, rows_of_weights(a3 + c), left, right);
  }
  put_block(place, dims.result_column + head * dims.depth, sum);
}

@compute @workgroup_size(SIZE)
fn mix_few(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) counts: vec3u) {
  let i = flat_invocation(id, counts, SIZE);
  let row = i / dims.depth;
  let column = i % dims.depth;
  if (row >= dims.rows) { return; }
  let head = dims.first_head + id.z;
  let seen = keys_of_tile(row / TILE * TILE, start[0] * dims.from_cache, dims.window) / 4u;
  let base = (id.z * dims.rows + row) * dims.stride;
  let value_column = dims.value_column + head / dims.group * dims.depth + column;
  var sum = vec4f();
  for (var c = seen.x; c < min(seen.y, dims.stride); c++) {
    sum = combine(sum, four_of_values(four_rows(4u * c, dims.keys - 1u, dims.value_stride) + value_column), weights[base + c]);
  }
  result[row * dims.result_stride + dims.result_column + head * dims.depth + column] = sum;
}
