// Causal attention, backward: the gradients of q, k and v from those of the scores, ds, and of the result, dout; p are the attention weights.
//   dq[t, h] = sum over keys j of ds[h, t, j] * k[j, h / group]
//   dk[j, g] = sum over the heads h of group g and the queries t of ds[h, t, j] * q[t, h]        dv[j, g] = the same of p and dout
// Row 0 is at position 0. One invocation per block of TILE rows x LANE_COLUMNS columns (lib/tile.wgsl). Global z counts the heads from
// first_head on, then their groups for dk, then their groups for dv. ds, p: (heads, rows, 4 * stride). q, k and v are packed in rows of
// qkv_stride, k from k_column and v from v_column on, and so are their gradients; dout has rows of dout_stride. Strides, columns and depth
// (head_dim / 4) count vec4s. qkv has q and k as RoPE rotated them; their gradients are rotated back as they are stored, which is why an
// invocation makes a pair of slots (lib/rotary.wgsl). Needs lib/quad.wgsl or lib/alone.wgsl, lib/grid.wgsl, lib/tile.wgsl, lib/causal.wgsl, lib/head_place.wgsl
// and lib/rotary.wgsl.

struct Dims {
  rows: u32,
  stride: u32,
  depth: u32,
  half: u32,
  group: u32,
  first_head: u32,
  heads: u32,
  window: u32,
  qkv_stride: u32,
  k_column: u32,
  v_column: u32,
  dout_stride: u32,
}
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> ds: array<vec4f>;
@group(0) @binding(1) var<storage, read> p: array<vec4f>;
@group(0) @binding(2) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(3) var<storage, read> dout: array<vec4f>;
@group(0) @binding(4) var<storage, read> table: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>;

/// A head of the gradients: its first vec4 in a packed row, and the number of vec4s in the half that RoPE pairs with the other half.
struct Target { column: u32, half: u32 }

/// The place for a head that was rotated: its two vec4s are a pair.
fn paired(place: Place) -> Place {
  let last = dims.depth - 1u;
  let left = min(vec4_of_slot(place.column, dims.half), last);
  return Place(place.row, place.lane, place.column, left, min(vec4_of_slot(place.column + 1u, dims.half), last));
}

fn put(row: u32, place: Place, to: Target, left: vec4f, right: vec4f) {
  if (row >= dims.rows) { return; }
  var pair = Pair(left, right);
  if (place.column < 2u * to.half) {
    let i = 2u * to.half * row + place.column;
    pair = turned(pair, table[i], table[i + 1u], -1.0);
  }
  let at = row * dims.qkv_stride + to.column;
  if (place.column < dims.depth) { dqkv[at + place.left] = pair.first; }
  if (place.column + 1u < dims.depth) { dqkv[at + place.right] = pair.second; }
}

/// Stores a block. With `by_key` group i has the four adjacent rows of lane ^ i, else its rows are in the order of lib/tile.wgsl. A loop,
/// because drivers take a second to compile sixteen copies of `put`.
fn put_block(place: Place, to: Target, sum: Block, by_key: bool) {
  var groups = array(sum.g0, sum.g1, sum.g2, sum.g3);
  for (var i = 0u; i < TILE; i++) {
    let j = i % 4u;
    let adjacent = place.row + 4u * (place.lane ^ (i / 4u)) + j;
    let row = select(row_of_block(place.row, place.lane, i), adjacent, by_key);
    put(row, place, to, groups[i / 4u].left[j], groups[i / 4u].right[j]);
  }
}

fn rows_of_ds(at: vec4u) -> mat4x4f {
  if (SHARING == 4u) { return share(ds[at.x]); }
  return mat4x4f(ds[at.x], ds[at.y], ds[at.z], ds[at.w]);
}
fn four_of_qkv(at: vec4u) -> mat4x4f { return mat4x4f(qkv[at.x], qkv[at.y], qkv[at.z], qkv[at.w]); }

/// head: of the dispatch.
fn query_gradient(id: Place, head: u32) {
  let place = paired(id);
  let row = place.row;
  let base = head * dims.rows * dims.stride;
  let k_column = dims.k_column + (dims.first_head + head) / dims.group * dims.depth;
  let a0 = shared_rows(row, place.lane, dims.rows - 1u, dims.stride) + base;
  let a1 = shared_rows(row + 4u, place.lane, dims.rows - 1u, dims.stride) + base;
  let a2 = shared_rows(row + 8u, place.lane, dims.rows - 1u, dims.stride) + base;
  let a3 = shared_rows(row + 12u, place.lane, dims.rows - 1u, dims.stride) + base;
  let seen = keys_of_tile(row, 0u, dims.window) / 4u;
  var sum = Block();
  for (var c = seen.x; c < min(seen.y, dims.stride); c++) {
    let rows = four_rows(4u * c, dims.rows - 1u, dims.qkv_stride) + k_column;
    let left = four_of_qkv(rows + place.left);
    let right = four_of_qkv(rows + place.right);
    sum.g0 = accumulate(sum.g0, rows_of_ds(a0 + c), left, right);
    sum.g1 = accumulate(sum.g1, rows_of_ds(a1 + c), left, right);
    sum.g2 = accumulate(sum.g2, rows_of_ds(a2 + c), left, right);
    sum.g3 = accumulate(sum.g3, rows_of_ds(a3 + c), left, right);
  }
  let to = Target((dims.first_head + head) * dims.depth, dims.half);
  put_block(place, to, sum, false);
}

/// ds or p of TILE keys for one query: column i has keys 4 (lane ^ i) to 4 (lane ^ i) + 3.
fn tile_of_ds(at: u32, lane: u32) -> mat4x4f {
  if (SHARING == 4u) { return share(ds[at + lane]); }
  return mat4x4f(ds[at], ds[at + 1u], ds[at + 2u], ds[at + 3u]);
}
fn tile_of_p(at: u32, lane: u32) -> mat4x4f {
  if (SHARING == 4u) { return share(p[at + lane]); }
  return mat4x4f(p[at], p[at + 1u], p[at + 2u], p[at + 3u]);
}

fn add_outer(sum: Block, w: mat4x4f, left: vec4f, right: vec4f) -> Block {
  return Block(
    Group(outer(sum.g0.left, w[0], left), outer(sum.g0.right, w[0], right)),
    Group(outer(sum.g1.left, w[1], left), outer(sum.g1.right, w[1], right)),
    Group(outer(sum.g2.left, w[2], left), outer(sum.g2.right, w[2], right)),
    Group(outer(sum.g3.left, w[3], left), outer(sum.g3.right, w[3], right)));
}

/// Where group `group` of the dispatch is stored; column: of the first key/value head.
fn target_of(column: u32, group: u32, half: u32) -> Target {
  return Target(column + (dims.first_head / dims.group + group) * dims.depth, half);
}

/// group: of the dispatch.
fn key_gradient(id: Place, group: u32) {
  let place = paired(id);
  let end = rows_end(place.row, dims.rows, dims.window);
  var sum = Block();
  for (var h = group * dims.group; h < (group + 1u) * dims.group; h++) {
    let column = (dims.first_head + h) * dims.depth;
    let base = h * dims.rows * dims.stride + place.row / 4u;
    for (var t = place.row; t < end; t++) {
      let at = t * dims.qkv_stride + column;
      sum = add_outer(sum, tile_of_ds(base + t * dims.stride, place.lane), qkv[at + place.left], qkv[at + place.right]);
    }
  }
  put_block(place, target_of(dims.k_column, group, dims.half), sum, true);
}

fn value_gradient(place: Place, group: u32) {
  let end = rows_end(place.row, dims.rows, dims.window);
  var sum = Block();
  for (var h = group * dims.group; h < (group + 1u) * dims.group; h++) {
    let column = (dims.first_head + h) * dims.depth;
    let base = h * dims.rows * dims.stride + place.row / 4u;
    for (var t = place.row; t < end; t++) {
      let at = t * dims.dout_stride + column;
      sum = add_outer(sum, tile_of_p(base + t * dims.stride, place.lane), dout[at + place.left], dout[at + place.right]);
    }
  }
  put_block(place, target_of(dims.v_column, group, 0u), sum, true);
}

@compute @workgroup_size(SIZE)
fn gradients(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) counts: vec3u) {
  let place = place_of(flat_invocation(id, counts, SIZE));
  if (place.row >= dims.rows) { return; }
  let groups = dims.heads / dims.group;
  if (id.z < dims.heads) {
    query_gradient(place, id.z);
  } else if (id.z < dims.heads + groups) {
    key_gradient(place, id.z - dims.heads);
  } else {
    value_gradient(place, id.z - dims.heads - groups);
  }
}
