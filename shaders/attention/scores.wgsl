// Causal attention: products of query rows with key rows. Heads are packed in the columns of a row; the key/value head is head / group.
//   scores: p[h, t, j] = scale * q[t, h] . k[j, h / group], softly capped if cap is not 0
//   scores_few: the same for few rows (decoding), with one invocation per query and key
//   score_gradient: ds = p * (dout[t, h] . v[j, h / group] - dout[t, h] . out[t, h]) * scale, with p the attention
//     weights. With KEPT, `weights` has p already; otherwise it has scores, which become p = exp(score - stats.x) * stats.y, 0 for keys that
//     the query does not see. Row 0 is at position 0
// scores, score_gradient: one invocation per block of TILE queries x LANE_COLUMNS keys (lib/tile.wgsl). Global z counts the heads from
// first_head on. p and ds: (heads of the dispatch, rows, 4 * stride). Strides, columns and depth (head_dim / 4) count vec4s.
// Needs lib/quad.wgsl or lib/alone.wgsl, lib/grid.wgsl, lib/tile.wgsl, lib/causal.wgsl and lib/softcap.wgsl. With a cap, KEPT is not used: the slope of the cap
// needs the scores.

struct Dims {
  rows: u32,
  keys: u32,
  stride: u32,
  depth: u32,
  group: u32,
  first_head: u32,
  window: u32,
  scale: f32,
  from_cache: u32,
  q_stride: u32,
  kv_stride: u32,
  kv_column: u32,
  cap: f32,
}
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;
override KEPT: bool = false;

/// The block of an invocation: its first query, the first key of its tile, and its head.
struct Place { row: u32, first_key: u32, lane: u32, head: u32 }

fn place_of(lane_tile: u32, head: u32) -> Place {
  let across = (4u * dims.stride + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let tile = lane_tile / SHARING;
  return Place(tile / across * TILE, tile % across * TILE_COLUMNS, lane_tile % SHARING, dims.first_head + head);
}

/// Whether no query of the tile sees any of the tile's keys.
fn empty(place: Place, seen: vec2u) -> bool {
  return place.row >= dims.rows || place.first_key + TILE_COLUMNS <= seen.x || place.first_key >= seen.y;
}

@group(0) @binding(0) var<storage, read> start: array<u32>;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> kv: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> p: array<vec4f>;

fn rows_of_q(at: vec4u) -> mat4x4f {
  if (SHARING == 4u) { return share(q[at.x]); }
  return mat4x4f(q[at.x], q[at.y], q[at.z], q[at.w]);
}
fn four_of_kv(at: vec4u) -> mat4x4f { return mat4x4f(kv[at.x], kv[at.y], kv[at.z], kv[at.w]); }

/// Writes a block for 8 keys; `at` is where the first key of row 0 is stored. A loop, which drivers compile sooner than sixteen copies.
fn put_scores(place: Place, at: u32, sum: Block) {
  var groups = array(sum.g0, sum.g1, sum.g2, sum.g3);
  for (var i = 0u; i < TILE; i++) {
    let j = i % 4u;
    put_score(row_of_block(place.row, place.lane, i), at, groups[i / 4u].left[j], groups[i / 4u].right[j]);
  }
}

fn put_score(row: u32, at: u32, left: vec4f, right: vec4f) {
  if (row >= dims.rows) { return; }
  p[at + row * dims.stride] = capped(left * dims.scale, dims.cap);
  p[at + row * dims.stride + 1u] = capped(right * dims.scale, dims.cap);
}

@compute @workgroup_size(SIZE)
fn scores(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) counts: vec3u) {
  let place = place_of(flat_invocation(id, counts, SIZE), id.z);
  let seen = keys_of_tile(place.row, start[0] * dims.from_cache, dims.window);
  if (empty(place, seen)) { return; }
  let row = place.row;
  let lane = place.lane;
  let key = place.first_key + LANE_COLUMNS * lane;
  let q_column = place.head * dims.depth;
  let kv_column = dims.kv_column + place.head / dims.group * dims.depth;
  let last = dims.rows - 1u;
  let a0 = shared_rows(row, lane, last, dims.q_stride) + q_column;
  let a1 = shared_rows(row + 4u, lane, last, dims.q_stride) + q_column;
  let a2 = shared_rows(row + 8u, lane, last, dims.q_stride) + q_column;
  let a3 = shared_rows(row + 12u, lane, last, dims.q_stride) + q_column;
  let b0 = four_rows(key, dims.keys - 1u, dims.kv_stride) + kv_column;
  let b1 = four_rows(key + 4u, dims.keys - 1u, dims.kv_stride) + kv_column;
  var sum = Block();
  for (var c = 0u; c < dims.depth; c++) {
    let left = transpose(four_of_kv(b0 + c));
    let right = transpose(four_of_kv(b1 + c));
    sum.g0 = accumulate(sum.g0, rows_of_q(a0 + c), left, right);
    sum.g1 = accumulate(sum.g1, rows_of_q(a1 + c), left, right);
    sum.g2 = accumulate(sum.g2, rows_of_q(a2 + c), left, right);
    sum.g3 = accumulate(sum.g3, rows_of_q(a3 + c), left, right);
  }
  if (key >= 4u * dims.stride) { return; }
  let at = id.z * dims.rows * dims.stride + key / 4u;
  put_scores(place, at, sum);
}

@compute @workgroup_size(SIZE)
fn scores_few(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) counts: vec3u) {
  let i = flat_invocation(id, counts, SIZE);
  let row = i / (4u * dims.stride);
  let key = i % (4u * dims.stride);
  let position = start[0] * dims.from_cache + row;
  if (row >= dims.rows || key > position || key < first_key(position, dims.window)) { return; }
  let head = dims.first_head + id.z;
  let q_at = row * dims.q_stride + head * dims.depth;
  let k_at = key * dims.kv_stride + dims.kv_column + head / dims.group * dims.depth;
  var sum = vec4f();
  for (var c = 0u; c < dims.depth; c++) { sum = fma(q[q_at + c], kv[k_at + c], sum); }
  p[(id.z * dims.rows + row) * dims.stride + key / 4u][key % 4u] = capped(vec4f(((sum.x + sum.y) + (sum.z + sum.w)) * dims.scale), dims.cap).x;
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> dout: array<vec4f>;
@group(0) @binding(2) var<storage, read> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> ds: array<vec4f>;

fn rows_of_dout(at: vec4u) -> mat4x4f {
  if (SHARING == 4u) { return share(dout[at.x]); }
  return mat4x4f(dout[at.x], dout[at.y], dout[at.z], dout[at.w]);
}
fn rows_of_out(at: vec4u) -> mat4x4f {
  if (SHARING == 4u) { return share(out[at.x]); }
  return mat4x4f(out[at.x], out[at.y], out[at.z], out[at.w]);
}
/// The products of four rows with four others.
fn dots_of(left: mat4x4f, right: mat4x4f) -> vec4f {
  return vec4f(dot(left[0], right[0]), dot(left[1], right[1]), dot(left[2], right[2]), dot(left[3], right[3]));
}
fn four_of_v(at: vec4u) -> mat4x4f { return mat4x4f(qkv[at.x], qkv[at.y], qkv[at.z], qkv[at.w]); }

/// As put_scores. Column g of dots: dout . out of the rows of group g.
fn put_gradients(place: Place, at: u32, sum: Block, dots: mat4x4f) {
  let key = place.first_key + LANE_COLUMNS * place.lane;
  var groups = array(sum.g0, sum.g1, sum.g2, sum.g3);
  var all = dots;
  for (var i = 0u; i < TILE; i++) {
    let j = i % 4u;
    let dot = all[i / 4u][j];
    let row = row_of_block(place.row, place.lane, i);
    put_gradient(vec2u(place.head, row), vec2u(key, at), groups[i / 4u].left[j] - dot, groups[i / 4u].right[j] - dot);
  }
}

/// head_row: head and row; key_at: key, and where it is stored in row 0.
fn put_gradient(head_row: vec2u, key_at: vec2u, left: vec4f, right: vec4f) {
  let row = head_row.y;
  let key = key_at.x;
  if (row >= dims.rows) { return; }
  let stat = stats[head_row.x * dims.rows + row];
  let i = key_at.y + row * dims.stride;
  var p_left = weights[i];
  var p_right = weights[i + 1u];
  var slope_left = vec4f(1.0);
  var slope_right = vec4f(1.0);
  if (!KEPT) {
    slope_left = select(vec4f(), cap_slope(p_left, dims.cap), sees(row, key, dims.window));
    slope_right = select(vec4f(), cap_slope(p_right, dims.cap), sees(row, key + 4u, dims.window));
    p_left = select(vec4f(), exp(min(p_left - stat.x, vec4f())) * stat.y, sees(row, key, dims.window));
    p_right = select(vec4f(), exp(min(p_right - stat.x, vec4f())) * stat.y, sees(row, key + 4u, dims.window));
    weights[i] = p_left;
    weights[i + 1u] = p_right;
  }
  ds[i] = p_left * left * slope_left * dims.scale;
  ds[i + 1u] = p_right * right * slope_right * dims.scale;
}

@compute @workgroup_size(SIZE)
fn score_gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) counts: vec3u) {
  let place = place_of(flat_invocation(id, counts, SIZE), id.z);
  if (empty(place, keys_of_tile(place.row, 0u, dims.window))) { return; }
  let row = place.row;
  let lane = place.lane;
  let key = place.first_key + LANE_COLUMNS * lane;
  let column = place.head * dims.depth;
  let kv_column = dims.kv_column + place.head / dims.group * dims.depth;
  let last = dims.rows - 1u;
  let a0 = shared_rows(row, lane, last, dims.q_stride) + column;
  let a1 = shared_rows(row + 4u, lane, last, dims.q_stride) + column;
  let a2 = shared_rows(row + 8u, lane, last, dims.q_stride) + column;
  let a3 = shared_rows(row + 12u, lane, last, dims.q_stride) + column;
  let b0 = four_rows(key, last, dims.kv_stride) + kv_column;
  let b1 = four_rows(key + 4u, last, dims.kv_stride) + kv_column;
  var sum = Block();
  var dots = mat4x4f();  // column g: dout . out of the rows of group g
  for (var c = 0u; c < dims.depth; c++) {
    let left = transpose(four_of_v(b0 + c));
    let right = transpose(four_of_v(b1 + c));
    let d0 = rows_of_dout(a0 + c);
    sum.g0 = accumulate(sum.g0, d0, left, right);
    dots[0] += dots_of(d0, rows_of_out(a0 + c));
    let d1 = rows_of_dout(a1 + c);
    sum.g1 = accumulate(sum.g1, d1, left, right);
    dots[1] += dots_of(d1, rows_of_out(a1 + c));
    let d2 = rows_of_dout(a2 + c);
    sum.g2 = accumulate(sum.g2, d2, left, right);
    dots[2] += dots_of(d2, rows_of_out(a2 + c));
    let d3 = rows_of_dout(a3 + c);
    sum.g3 = accumulate(sum.g3, d3, left, right);
    dots[3] += dots_of(d3, rows_of_out(a3 + c));
  }
  if (key >= 4u * dims.stride) { return; }
  let at = id.z * dims.rows * dims.stride + key / 4u;
  put_gradients(place, at, sum, dots);
}
