// Attention of a few new tokens over a KV cache (decoding), in one kernel: RoPE of q and the new k, storing k and v, and online softmax.
//   q, k = row t of q|k|v, rotated to position start[0] + t as in rope.wgsl; not rotated if half is 0
//   cache[start[0] + t] = k|v; rows beyond the capacity are dropped
//   out[t, h] = softmax(q[t, h] k^T scale) v over the keys that query t sees, of key/value head h / group
// The keys and values of the new tokens are taken from q|k|v: within a dispatch no workgroup may read what another one writes.
// One workgroup per row (global x, at most MOST_ROWS) and head (global y). Its invocations divide the keys, SIZE per round: first each makes
// the score of one key; then each adds the values of every `lanes`-th key for one vec4 of the head.
// qkv: (rows, (heads + 2 kv_heads) head_dim); table: (positions, half, 2), cosines and sines; cache: (capacity, 2 kv_heads head_dim), k|v;
// out: (rows, heads head_dim). depth is head_dim / 4, at most MOST_DEPTH; half counts columns.
// Scores are softly capped if cap is not 0. Needs lib/softcap.wgsl.

struct Dims { depth: u32, heads: u32, group: u32, half: u32, window: u32, capacity: u32, scale: f32, cap: f32 }
@group(1) @binding(0) var<uniform> dims: Dims;

const SIZE = 256u;
const PARTS = 16u;         // partial results when all invocations are reduced
const NEVER = -3.4e38;     // a score that no query has
const MOST_ROWS = 4u;
const MOST_DEPTH = 64u;

@group(0) @binding(0) var<storage, read> qkv: array<f32>;
@group(0) @binding(1) var<storage, read> table: array<vec2f>;
@group(0) @binding(2) var<storage, read> start: array<u32>;
@group(0) @binding(3) var<storage, read_write> cache: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;

var<workgroup> query: array<vec4f, MOST_DEPTH>;
var<workgroup> new_keys: array<array<vec4f, MOST_DEPTH>, MOST_ROWS>;
var<workgroup> weights: array<f32, SIZE>;  // of the keys of a round; first their scores
var<workgroup> parts: array<f32, PARTS>;
var<workgroup> products: array<vec4f, SIZE>;

fn kv_heads() -> u32 { return dims.heads / dims.group; }

/// Where a head starts in a packed row: query heads, then those of k, then those of v.
fn head_at(row: u32, head: u32) -> u32 { return (row * (dims.heads + 2u * kv_heads()) + head) * 4u * dims.depth; }

/// Column c of a rotated head.
fn turned(row: u32, head: u32, c: u32) -> f32 {
  let at = head_at(row, head);
  let x = qkv[at + c];
  if (c >= 2u * dims.half) { return x; }
  let turn = table[(start[0] + row) * dims.half + c % dims.half];
  if (c < dims.half) { return x * turn.x - qkv[at + c + dims.half] * turn.y; }
  return x * turn.x + qkv[at + c - dims.half] * turn.y;
}

fn four_turned(row: u32, head: u32, c: u32) -> vec4f {
  return vec4f(turned(row, head, 4u * c), turned(row, head, 4u * c + 1u), turned(row, head, 4u * c + 2u), turned(row, head, 4u * c + 3u));
}

fn new_value(row: u32, head: u32, c: u32) -> vec4f {
  let at = head_at(row, dims.heads + kv_heads() + head) + 4u * c;
  return vec4f(qkv[at], qkv[at + 1u], qkv[at + 2u], qkv[at + 3u]);
}

/// Where a head's keys are in a row of the cache. Its values follow `kv_heads` heads later.
fn cached_at(position: u32, head: u32) -> u32 { return (2u * position * kv_heads() + head) * dims.depth; }

/// q . k of one key.
fn score_of(key: u32, head: u32) -> f32 {
  var sum = vec4f();
  if (key < start[0]) {
    let at = cached_at(key, head);
    for (var c = 0u; c < dims.depth; c++) { sum = fma(query[c], cache[at + c], sum); }
  } else {
    for (var c = 0u; c < dims.depth; c++) { sum = fma(query[c], new_keys[key - start[0]][c], sum); }
  }
  return capped(vec4f(((sum.x + sum.y) + (sum.z + sum.w)) * dims.scale), dims.cap).x;
}

fn value_of(key: u32, head: u32, c: u32) -> vec4f {
  if (key >= start[0]) { return new_value(key - start[0], head, c); }
  return cache[cached_at(key, head) + kv_heads() * dims.depth + c];
}

/// The largest of the scores in `weights`; all invocations call it.
fn largest_weight(local: u32) -> f32 {
  workgroupBarrier();
  if (local < PARTS) {
    var most = weights[local];
    for (var i = PARTS; i < SIZE; i += PARTS) { most = max(most, weights[i + local]); }
    parts[local] = most;
  }
  workgroupBarrier();
  var result = parts[0];
  for (var i = 1u; i < PARTS; i++) { result = max(result, parts[i]); }
  return result;
}

/// Their sum, otherwise the same.
fn sum_of_weights(local: u32) -> f32 {
  workgroupBarrier();
  if (local < PARTS) {
    var sum = weights[local];
    for (var i = PARTS; i < SIZE; i += PARTS) { sum += weights[i + local]; }
    parts[local] = sum;
  }
  workgroupBarrier();
  var result = parts[0];
  for (var i = 1u; i < PARTS; i++) { result += parts[i]; }
  return result;
}

/// Fills `query` and `new_keys`, and writes the row's k and v to the cache, for one of the query heads that share them.
fn take_row(row: u32, head: u32, local: u32) {
  let kv_head = head / dims.group;
  for (var i = local; i < (row + 2u) * dims.depth; i += SIZE) {
    let c = i % dims.depth;
    if (i < dims.depth) { query[c] = four_turned(row, head, c); }
    else { new_keys[i / dims.depth - 1u][c] = four_turned(i / dims.depth - 1u, dims.heads + kv_head, c); }
  }
  workgroupBarrier();
  let position = start[0] + row;
  if (local < dims.depth && head % dims.group == 0u && position < dims.capacity) {
    let at = cached_at(position, kv_head) + local;
    cache[at] = new_keys[row][local];
    cache[at + kv_heads() * dims.depth] = new_value(row, kv_head, local);
  }
}

@compute @workgroup_size(SIZE)
fn few_rows(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = id.x;
  let head = id.y;
  let kv_head = head / dims.group;
  let position = start[0] + row;
  let lanes = SIZE / dims.depth;
  let lane = local / dims.depth;
  let column = local % dims.depth;
  take_row(row, head, local);

  var largest = NEVER;
  var sum = 0.0;
  var product = vec4f();
  for (var key0 = position - min(position, dims.window - 1u); key0 <= position; key0 += SIZE) {
    let seen = key0 + local <= position;
    var score = NEVER;
    if (seen) { score = score_of(key0 + local, kv_head); }
    workgroupBarrier();
    weights[local] = score;
    let now = max(largest, largest_weight(local));
    let factor = exp(largest - now);
    largest = now;
    let weight = select(0.0, exp(score - now), seen);
    sum = sum * factor + weight;
    weights[local] = weight;
    workgroupBarrier();
    product *= factor;
    if (lane < lanes) {
      for (var i = lane; i < min(SIZE, position + 1u - key0); i += lanes) {
        product = fma(vec4f(weights[i]), value_of(key0 + i, kv_head, column), product);
      }
    }
  }

  workgroupBarrier();
  weights[local] = sum;
  products[local] = product;
  let inverse = 1.0 / sum_of_weights(local);
  if (local >= dims.depth) { return; }
  var result = vec4f();
  for (var i = 0u; i < lanes; i++) { result += products[i * dims.depth + local]; }
  out[(row * dims.heads + head) * dims.depth + local] = result * inverse;
}
