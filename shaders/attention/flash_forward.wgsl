// Causal attention in one kernel: out[t, h] = softmax(q[t, h] k^T scale) v over the keys that query t sees, with a running maximum and sum.
// One workgroup per ROWS queries of a head (global y); the last queries, which see most keys, first. Also stats[h, t] = (largest score,
// 1 / sum of exp(score - largest)). qkv: packed rows; strides and columns count vec4s, depth is head_dim / 4.
// Scores are softly capped if cap is not 0. Needs lib/rotary.wgsl, lib/softcap.wgsl and lib/flash.wgsl.

struct Dims {
  rows: u32,
  depth: u32,
  half: u32,
  rotating: u32,
  group: u32,
  window: u32,
  stride: u32,
  k_column: u32,
  v_column: u32,
  heads: u32,
  scale: f32,
  cap: f32,
}
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(2) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(INVOCATIONS)
fn flash(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let row0 = (counts.x - 1u - group.x) * ROWS;
  let down = local / ACROSS;
  let across = local % ACROSS;
  let q_column = head * dims.depth;
  let k_column = dims.k_column + head / dims.group * dims.depth;
  let v_column = dims.v_column + head / dims.group * dims.depth;
  let row = row0 + 4u * down;

  var products = array<Patch, PANELS>();
  var largest = vec4f(NEVER);
  var sum = vec4f();
  let first = (row0 - min(row0, dims.window - 1u)) / COLUMNS * COLUMNS;
  for (var key0 = first; key0 < min(row0 + ROWS, dims.rows); key0 += COLUMNS) {
    var scores = scores_of(Head(row0, q_column), Head(key0, k_column), local);
    let keys = key0 + 4u * across + vec4u(0u, 1u, 2u, 3u);
    var most = vec4f();
    for (var i = 0u; i < 4u; i++) {
      scores[i] = select(vec4f(NEVER), capped(scores[i] * dims.scale, dims.cap), sees_keys(row + i, keys, dims.window));
      most[i] = max(max(scores[i].x, scores[i].y), max(scores[i].z, scores[i].w));
    }
    let now = max(largest, largest_of_rows(most, down, across));
    let factor = exp(largest - now);
    largest = now;
    sum *= factor;
    for (var i = 0u; i < 4u; i++) {
      let e = select(vec4f(), exp(scores[i] - now[i]), sees_keys(row + i, keys, dims.window));
      sum[i] += (e.x + e.y) + (e.z + e.w);
      scores[i] = e;
    }
    put_tile(scores, down, across);
    for (var panel = 0u; panel < PANELS; panel++) {
      products[panel] = Patch(
        products[panel][0] * factor.x, products[panel][1] * factor.y, products[panel][2] * factor.z, products[panel][3] * factor.w);
      products[panel] = add_head(products[panel], Head(key0, v_column), panel, local);
    }
  }

  let inverse = 1.0 / sum_of_rows(sum, down, across);
  for (var i = 0u; i < 4u; i++) {
    if (row + i >= dims.rows) { return; }
    if (across == 0u) { stats[head * dims.rows + row + i] = vec2f(largest[i], inverse[i]); }
    for (var panel = 0u; panel < PANELS; panel++) {
      let c = panel * PANEL + across;
      if (c < dims.depth) { out[((row + i) * dims.heads + head) * dims.depth + c] = products[panel][i] * inverse[i]; }
    }
  }
}
