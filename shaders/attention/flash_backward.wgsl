// Gradients of attention in two kernels, from scores that are computed again by tiles: weights = exp(score - largest) / sum, and
// d score = weight (dout v^T - dots) scale, with dots = dout . out of each row.
//   flash_queries: dq = d scores k; and dots, for flash_keys, which runs after it. One workgroup per ROWS queries of a head (global y), the last ones first.
//   flash_keys: dk = d scores^T q, dv = weights^T dout. One workgroup per ROWS keys, for one query head (global y).
//   sum_groups: adds the dk and dv of the query heads that share a key/value head. One invocation per vec4.
// The gradients of q and k are rotated back as they are stored. qkv, dqkv: packed rows; out, dout: (T, heads depth); stats, dots: (heads, T); strides and columns count vec4s. flash_keys writes dk of query head h
// at result_column + h result_step, and dv at result_v + h result_step: to dqkv if no heads share keys, else to `parts`. Needs lib/rotary.wgsl, lib/softcap.wgsl and lib/flash.wgsl.

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
  result_stride: u32,
  result_column: u32,
  result_v: u32,
  result_step: u32,
}
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(2) var<storage, read> dout: array<vec4f>;
@group(0) @binding(3) var<storage, read> stats: array<vec2f>;
@group(0) @binding(4) var<storage, read> dots: array<f32>;
@group(0) @binding(5) var<storage, read_write> dkv: array<vec4f>;

/// The same as qkv_at, for dout.
fn dout_at(row: u32, head: u32, c: u32) -> vec4f {
  let value = dout[(min(row, dims.rows - 1u) * dims.heads + head) * dims.depth + min(c, dims.depth - 1u)];
  return select(vec4f(), value, c < dims.depth);
}

@group(0) @binding(4) var<storage, read> out: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dots_made: array<f32>;
@group(0) @binding(6) var<storage, read_write> dq: array<vec4f>;

/// The slot of an invocation in four rows of a gradient, rotated back to q or k as they are in qkv. All invocations call it.
fn turned_back(gradient: Patch, panel: u32, row: u32, place: vec2u) -> Patch {
  workgroupBarrier();
  put_tile(gradient, place.x, place.y);
  workgroupBarrier();
  let slot = panel * PANEL + place.y;
  if (slot >= 2u * dims.half) { return gradient; }
  let even = place.y & ~1u;
  var result = Patch();
  for (var i = 0u; i < 4u; i++) {
    let pair = Pair(score_tile[4u * place.x + i][even], score_tile[4u * place.x + i][even + 1u]);
    let at = 2u * dims.half * min(row + i, dims.rows - 1u) + (slot & ~1u);
    let back = turned(pair, table[at], table[at + 1u], -1.0);
    result[i] = select(back.second, back.first, place.y == even);
  }
  return result;
}

/// dout . out of the four rows of an invocation; its neighbours across take other columns.
fn dots_of_rows(row: u32, head: u32, down: u32, across: u32) -> vec4f {
  var dots_here = vec4f();
  for (var c = across; c < dims.depth; c += ACROSS) {
    for (var i = 0u; i < 4u; i++) {
      let at = (min(row + i, dims.rows - 1u) * dims.heads + head) * dims.depth + c;
      dots_here[i] += dot(dout[at], out[at]);
    }
  }
  return sum_of_rows(dots_here, down, across);
}

@compute @workgroup_size(INVOCATIONS)
fn flash_queries(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let row0 = (counts.x - 1u - group.x) * ROWS;
  let down = local / ACROSS;
  let across = local % ACROSS;
  let q_column = head * dims.depth;
  let k_column = dims.k_column + head / dims.group * dims.depth;
  let v_column = dims.v_column + head / dims.group * dims.depth;
  let row = row0 + 4u * down;
  let left = vec2u(local / 4u, local % 4u);

  let dot_rows = dots_of_rows(row, head, down, across);
  for (var i = 0u; i < 4u; i++) {
    if (across == 0u && row + i < dims.rows) { dots_made[head * dims.rows + row + i] = dot_rows[i]; }
  }

  var gradients = array<Patch, PANELS>();
  let first = (row0 - min(row0, dims.window - 1u)) / COLUMNS * COLUMNS;
  for (var key0 = first; key0 < min(row0 + ROWS, dims.rows); key0 += COLUMNS) {
    var scores = scores_of(Head(row0, q_column), Head(key0, k_column), local);
    var d_weights = Patch();
    for (var c = 0u; c < dims.depth; c += 4u) {
      workgroupBarrier();
      left_rows[left.x][left.y] = dout_at(row0 + left.x, head, c + left.y);
      for (var i = 0u; i < 2u; i++) {
        let load = right_load(local, i);
        right_rows[right_slot(load.x)][load.y] = qkv_at(key0 + load.x, v_column, c + load.y);
      }
      workgroupBarrier();
      d_weights = add_scores(d_weights, down, across);
    }

    let keys = key0 + 4u * across + vec4u(0u, 1u, 2u, 3u);
    for (var i = 0u; i < 4u; i++) {
      let at = head * dims.rows + min(row + i, dims.rows - 1u);
      let stat = stats[at];
      let score = capped(scores[i] * dims.scale, dims.cap);
      let weights = exp(min(score - stat.x, vec4f())) * stat.y;
      let gradient = weights * (d_weights[i] - dot_rows[i]) * cap_slope(score, dims.cap) * dims.scale;
      scores[i] = select(vec4f(), gradient, sees_keys(row + i, keys, dims.window));
    }
    put_tile(scores, down, across);
    for (var panel = 0u; panel < PANELS; panel++) {
      gradients[panel] = add_rotated(gradients[panel], Head(key0, k_column), panel, local);
    }
  }

  for (var panel = 0u; panel < PANELS; panel++) {
    gradients[panel] = turned_back(gradients[panel], panel, row, vec2u(down, across));
  }
  for (var i = 0u; i < 4u; i++) {
    if (row + i >= dims.rows) { return; }
    for (var panel = 0u; panel < PANELS; panel++) {
      let slot = panel * PANEL + across;
      let at = (row + i) * dims.result_stride + q_column + vec4_of_slot(slot, dims.half);
      if (slot < dims.depth) { dq[at] = gradients[panel][i]; }
    }
  }
}

@compute @workgroup_size(INVOCATIONS)
fn flash_keys(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let key0 = group.x * ROWS;
  let down = local / ACROSS;
  let across = local % ACROSS;
  let q_column = head * dims.depth;
  let k_column = dims.k_column + head / dims.group * dims.depth;
  let v_column = dims.v_column + head / dims.group * dims.depth;
  let key = key0 + 4u * down;
  let left = vec2u(local / 4u, local % 4u);

  var dk = array<Patch, PANELS>();
  var dv = array<Patch, PANELS>();
  // the last query that sees any of the keys is key0 + ROWS - 1 + window - 1
  let end = select(dims.rows, min(dims.rows, key0 + ROWS + dims.window), dims.window < dims.rows);
  for (var row0 = key0 / COLUMNS * COLUMNS; row0 < end; row0 += COLUMNS) {
    var scores = scores_of(Head(key0, k_column), Head(row0, q_column), local);
    var d_weights = Patch();
    for (var c = 0u; c < dims.depth; c += 4u) {
      workgroupBarrier();
      left_rows[left.x][left.y] = qkv_at(key0 + left.x, v_column, c + left.y);
      for (var i = 0u; i < 2u; i++) {
        let load = right_load(local, i);
        right_rows[right_slot(load.x)][load.y] = dout_at(row0 + load.x, head, c + load.y);
      }
      workgroupBarrier();
      d_weights = add_scores(d_weights, down, across);
    }

    let queries = row0 + 4u * across + vec4u(0u, 1u, 2u, 3u);
    let at = head * dims.rows + min(queries, vec4u(dims.rows - 1u));
    let top = vec4f(stats[at.x].x, stats[at.y].x, stats[at.z].x, stats[at.w].x);
    let inverse = vec4f(stats[at.x].y, stats[at.y].y, stats[at.z].y, stats[at.w].y);
    let dot_rows = vec4f(dots[at.x], dots[at.y], dots[at.z], dots[at.w]);
    for (var i = 0u; i < 4u; i++) {
      let seen = seen_by(queries, key + i, dims.window) & (queries < vec4u(dims.rows));
      let score = capped(scores[i] * dims.scale, dims.cap);
      let weights = select(vec4f(), exp(min(score - top, vec4f())) * inverse, seen);
      scores[i] = weights;
      d_weights[i] = weights * (d_weights[i] - dot_rows) * cap_slope(score, dims.cap) * dims.scale;
    }
    put_tile(scores, down, across);
    for (var panel = 0u; panel < PANELS; panel++) {
      for (var round = 0u; round < 4u; round++) {
        workgroupBarrier();
        for (var i = 0u; i < 2u; i++) {
          let load = local + i * INVOCATIONS;
          value_rows[load / PANEL][load % PANEL] = dout_at(row0 + 16u * round + load / PANEL, head, panel * PANEL + load % PANEL);
        }
        workgroupBarrier();
        dv[panel] = add_values(dv[panel], round, down, across);
      }
    }
    workgroupBarrier();
    put_tile(d_weights, down, across);
    for (var panel = 0u; panel < PANELS; panel++) {
      dk[panel] = add_rotated(dk[panel], Head(row0, q_column), panel, local);
    }
  }

  for (var panel = 0u; panel < PANELS; panel++) { dk[panel] = turned_back(dk[panel], panel, key, vec2u(down, across)); }
  for (var i = 0u; i < 4u; i++) {
    if (key + i >= dims.rows) { return; }
    let at = (key + i) * dims.result_stride + head * dims.result_step;
    for (var panel = 0u; panel < PANELS; panel++) {
      let c = panel * PANEL + across;
      if (c < dims.depth) {
        dkv[at + dims.result_column + vec4_of_slot(c, dims.half)] = dk[panel][i];
        dkv[at + dims.result_v + c] = dv[panel][i];
      }
    }
  }
}

struct SumDims { rows: u32, kv_depth: u32, depth: u32, group: u32, heads: u32, stride: u32, column: u32 }
@group(1) @binding(0) var<uniform> sum_dims: SumDims;
@group(0) @binding(0) var<storage, read> parts: array<vec4f>;  // (T, 2, heads, depth): dk, then dv of each query head
@group(0) @binding(1) var<storage, read_write> dqkv: array<vec4f>;

@compute @workgroup_size(64)
fn sum_groups(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = flat_workgroup(group, counts) * 64u + local;
  let width = 2u * sum_dims.kv_depth;  // dk, then dv of all key/value heads
  let row = i / width;
  if (row >= sum_dims.rows) { return; }
  let which = i % width / sum_dims.kv_depth;
  let column = i % sum_dims.kv_depth;
  let head = column / sum_dims.depth * sum_dims.group;
  let first = ((2u * row + which) * sum_dims.heads + head) * sum_dims.depth + column % sum_dims.depth;
  var sum = parts[first];
  for (var other = 1u; other < sum_dims.group; other++) { sum += parts[first + other * sum_dims.depth]; }
  dqkv[row * sum_dims.stride + sum_dims.column + i % width] = sum;
}
