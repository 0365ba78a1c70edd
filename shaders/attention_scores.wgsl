// Causal attention, query rows against key rows. Heads are packed in the columns of a row, kv head = head / group.
//   scores: p[h, t, j] = scale * q[t, h] . k[j, h / group]
//   backward: p = exp(scale * q . k - stats.x) * stats.y, 0 where unseen, and
//             ds = p * (dout[t, h] . v[j, h / group] - dots[h, t]) * scale     (dots = rows of dout . out)
// One invocation a tile of 8 x 8, global y the head after first_head; p and ds: (heads of the dispatch, rows, 4 * stride).
// All strides, columns and depth (head_dim / 4) count vec4s. Needs lib/tile.wgsl and lib/causal.wgsl.

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
  k_column: u32,
  v_column: u32,
  out_stride: u32,
}
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;

@group(0) @binding(0) var<storage, read> start: array<u32>;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> kv: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> p: array<vec4f>;

fn four_of_q(at: vec4u) -> mat4x4f { return mat4x4f(q[at.x], q[at.y], q[at.z], q[at.w]); }
fn four_of_kv(at: vec4u) -> mat4x4f { return mat4x4f(kv[at.x], kv[at.y], kv[at.z], kv[at.w]); }

fn put_scores(row: u32, at: u32, left: vec4f, right: vec4f) {
  if (row >= dims.rows) { return; }
  p[at + row * dims.stride] = left * dims.scale;
  p[at + row * dims.stride + 1u] = right * dims.scale;
}

@compute @workgroup_size(SIZE)
fn scores(@builtin(global_invocation_id) id: vec3u) {
  let across = dims.stride / 2u;
  let row = id.x / across * TILE;
  let key = id.x % across * TILE;
  let seen = keys_of_tile(row, start[0] * dims.from_cache, dims.window);
  if (row >= dims.rows || key < seen.x || key >= seen.y) { return; }
  let head = dims.first_head + id.y;
  let q_column = vec4u(head * dims.depth);
  let k_column = vec4u(dims.k_column + head / dims.group * dims.depth);
  let top = four_rows(row, dims.rows - 1u, dims.q_stride) + q_column;
  let bottom = four_rows(row + 4u, dims.rows - 1u, dims.q_stride) + q_column;
  let left = four_rows(key, dims.keys - 1u, dims.kv_stride) + k_column;
  let right = four_rows(key + 4u, dims.keys - 1u, dims.kv_stride) + k_column;
  var s = Tile();
  for (var c = 0u; c < dims.depth; c++) {
    let at = vec4u(c);
    s = tile_step(s, four_of_q(top + at), four_of_q(bottom + at), transpose(four_of_kv(left + at)), transpose(four_of_kv(right + at)));
  }
  let at = id.y * dims.rows * dims.stride + key / 4u;
  put_scores(row, at, s.a[0], s.b[0]);
  put_scores(row + 1u, at, s.a[1], s.b[1]);
  put_scores(row + 2u, at, s.a[2], s.b[2]);
  put_scores(row + 3u, at, s.a[3], s.b[3]);
  put_scores(row + 4u, at, s.c[0], s.d[0]);
  put_scores(row + 5u, at, s.c[1], s.d[1]);
  put_scores(row + 6u, at, s.c[2], s.d[2]);
  put_scores(row + 7u, at, s.c[3], s.d[3]);
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> dout: array<vec4f>;
@group(0) @binding(2) var<storage, read> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read> dots: array<f32>;
@group(0) @binding(4) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> ds: array<vec4f>;

fn four_of_qkv(at: vec4u) -> mat4x4f { return mat4x4f(qkv[at.x], qkv[at.y], qkv[at.z], qkv[at.w]); }
fn four_of_dout(at: vec4u) -> mat4x4f { return mat4x4f(dout[at.x], dout[at.y], dout[at.z], dout[at.w]); }

/// One row of a tile: head `head`, query `row`, keys `key` to key + 7; s and dp are its products, left and right half.
fn put_gradients(head: u32, row: u32, key: u32, at: u32, s_left: vec4f, s_right: vec4f, dp_left: vec4f, dp_right: vec4f) {
  if (row >= dims.rows) { return; }
  let stat = stats[head * dims.rows + row];
  let dot_row = dots[head * dims.rows + row];
  let p_left = select(vec4f(), exp(min(s_left * dims.scale - stat.x, vec4f())) * stat.y, sees(row, key, dims.window));
  let p_right = select(vec4f(), exp(min(s_right * dims.scale - stat.x, vec4f())) * stat.y, sees(row, key + 4u, dims.window));
  let place = at + row * dims.stride;
  weights[place] = p_left;
  weights[place + 1u] = p_right;
  ds[place] = p_left * (dp_left - dot_row) * dims.scale;
  ds[place + 1u] = p_right * (dp_right - dot_row) * dims.scale;
}

@compute @workgroup_size(SIZE)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let across = dims.stride / 2u;
  let row = id.x / across * TILE;
  let key = id.x % across * TILE;
  let seen = keys_of_tile(row, 0u, dims.window);
  if (row >= dims.rows || key < seen.x || key >= seen.y) { return; }
  let head = dims.first_head + id.y;
  let last = dims.rows - 1u;
  let q_column = vec4u(head * dims.depth);
  let kv_column = head / dims.group * dims.depth;
  let top = four_rows(row, last, dims.q_stride) + q_column;
  let bottom = four_rows(row + 4u, last, dims.q_stride) + q_column;
  let left = four_rows(key, last, dims.kv_stride) + kv_column;
  let right = four_rows(key + 4u, last, dims.kv_stride) + kv_column;
  var s = Tile();
  for (var c = 0u; c < dims.depth; c++) {
    let at = vec4u(c);
    let k = vec4u(dims.k_column + c);
    s = tile_step(s, four_of_qkv(top + at), four_of_qkv(bottom + at), transpose(four_of_qkv(left + k)), transpose(four_of_qkv(right + k)));
  }
  let above = four_rows(row, last, dims.out_stride) + q_column;
  let below = four_rows(row + 4u, last, dims.out_stride) + q_column;
  var dp = Tile();
  for (var c = 0u; c < dims.depth; c++) {
    let at = vec4u(c);
    let v = vec4u(dims.v_column + c);
    dp = tile_step(dp, four_of_dout(above + at), four_of_dout(below + at), transpose(four_of_qkv(left + v)), transpose(four_of_qkv(right + v)));
  }
  let at = id.y * dims.rows * dims.stride + key / 4u;
  put_gradients(head, row, key, at, s.a[0], s.b[0], dp.a[0], dp.b[0]);
  put_gradients(head, row + 1u, key, at, s.a[1], s.b[1], dp.a[1], dp.b[1]);
  put_gradients(head, row + 2u, key, at, s.a[2], s.b[2], dp.a[2], dp.b[2]);
  put_gradients(head, row + 3u, key, at, s.a[3], s.b[3], dp.a[3], dp.b[3]);
  put_gradients(head, row + 4u, key, at, s.c[0], s.d[0], dp.c[0], dp.d[0]);
  put_gradients(head, row + 5u, key, at, s.c[1], s.d[1], dp.c[1], dp.d[1]);
  put_gradients(head, row + 6u, key, at, s.c[2], s.d[2], dp.c[2], dp.d[2]);
  put_gradients(head, row + 7u, key, at, s.c[3], s.d[3], dp.c[3], dp.d[3]);
}
