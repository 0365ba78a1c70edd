// Causal attention in one kernel: out[t, h] = softmax(q[t, h] k^T scale) v over the keys that query t sees, with a running maximum and sum.
// One workgroup per ROWS queries of a head (global y); the last queries, which see most keys, first. Also stats[h, t] = (largest score,
// 1 / sum of exp(score - largest)). qkv: packed rows; strides and columns count vec4s, depth is head_dim / 4. Needs lib/flash.wgsl.

struct Dims { rows: u32, depth: u32, group: u32, window: u32, stride: u32, k_column: u32, v_column: u32, heads: u32, scale: f32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

/// Vec4 c of a head's row; zeros beyond the end of the head. Beyond the last row it is that row.
fn qkv_at(row: u32, column: u32, c: u32) -> vec4f {
  let value = qkv[min(row, dims.rows - 1u) * dims.stride + column + min(c, dims.depth - 1u)];
  return select(vec4f(), value, c < dims.depth);
}

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
    var scores = Patch();
    for (var c = 0u; c < dims.depth; c += 4u) {
      workgroupBarrier();
      left_rows[local / 4u][local % 4u] = qkv_at(row0 + local / 4u, q_column, c + local % 4u);
      for (var i = 0u; i < 2u; i++) {
        let load = right_load(local, i);
        right_rows[right_slot(load.x)][load.y] = qkv_at(key0 + load.x, k_column, c + load.y);
      }
      workgroupBarrier();
      scores = add_scores(scores, down, across);
    }

    let keys = key0 + 4u * across + vec4u(0u, 1u, 2u, 3u);
    var most = vec4f();
    for (var i = 0u; i < 4u; i++) {
      scores[i] = select(vec4f(NEVER), scores[i] * dims.scale, sees_keys(row + i, keys, dims.window));
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
      for (var round = 0u; round < 4u; round++) {
        workgroupBarrier();
        for (var i = 0u; i < 2u; i++) {
          let at = local + i * INVOCATIONS;
          value_rows[at / PANEL][at % PANEL] = qkv_at(key0 + 16u * round + at / PANEL, v_column, panel * PANEL + at % PANEL);
        }
        workgroupBarrier();
        products[panel] = add_values(products[panel], round, down, across);
      }
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
