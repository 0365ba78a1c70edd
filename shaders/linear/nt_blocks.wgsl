// Forward of a linear layer: Y(M,N) = X(M,K) W(N,K)^T + bias. Row-major f32.
// One workgroup per tile, 8 x 8 results per invocation. For graphics cards.
// Needs lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl and lib/blocks.wgsl.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;  // unused if BIAS is false: any buffer
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

struct Dims {
  m: u32,  // rows of the activations
  n: u32,  // out features (rows of W), a multiple of 4
  k: u32,  // in features (columns of W), a multiple of 4
}
@group(1) @binding(0) var<uniform> dims: Dims;

override BIAS: bool = false;

/// Four adjacent steps of the four rows from `row` on; zeros beyond the last step. Beyond the last row it is that row again.
fn x_block(row: u32, step4: u32) -> mat4x4f {
  let k4 = dims.k / 4u;
  let at = min(vec4u(row) + vec4u(0u, 1u, 2u, 3u), vec4u(dims.m - 1u)) * k4 + min(step4, k4 - 1u);
  let inside = select(0.0, 1.0, step4 < k4);
  return mat4x4f(x[at.x], x[at.y], x[at.z], x[at.w]) * inside;
}

fn weight_block(row: u32, step4: u32) -> mat4x4f {
  let k4 = dims.k / 4u;
  let at = min(vec4u(row) + vec4u(0u, 1u, 2u, 3u), vec4u(dims.n - 1u)) * k4 + min(step4, k4 - 1u);
  let inside = select(0.0, 1.0, step4 < k4);
  return mat4x4f(weight_at(at.x), weight_at(at.y), weight_at(at.z), weight_at(at.w)) * inside;
}

fn put(row: u32, col4: u32, block: mat4x4f) {
  let n4 = dims.n / 4u;
  if (col4 >= n4) { return; }
  var added = vec4f();
  if (BIAS) { added = bias[col4]; }
  for (var i = 0u; i < 4u; i++) {
    if (row + i < dims.m) { y[(row + i) * n4 + col4] = block[i] + added; }
  }
}

@compute @workgroup_size(TILE_INVOCATIONS)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let k4 = dims.k / 4u;
  let tiles_across = (dims.n + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let tile = flat_workgroup(group, counts);
  let row0 = tile / tiles_across * TILE_ROWS;
  let col0 = tile % tiles_across * TILE_COLUMNS;
  let across = local % ACROSS;
  let down = local / ACROSS;

  let quarters = ROUND / 4u;
  let quarter = local % quarters;
  let block = local / quarters;
  let loads_x = block < 2u * DOWN;
  let loads_weight = !loads_x && block < 2u * DOWN + 2u * ACROSS;
  let weight_group = block - 2u * DOWN;

  var sums = Sums();
  var next = mat4x4f();
  if (loads_x) { next = x_block(row0 + 4u * block, quarter); }
  if (loads_weight) { next = weight_block(col0 + 4u * weight_group, quarter); }
  for (var t = 0u; t < k4; t += quarters) {
    if (loads_x) { store_left(next, block, quarter); }
    if (loads_weight) { store_right_transposed(next, weight_group, quarter); }
    workgroupBarrier();
    // the loads of the next round overlap with the arithmetic of this one
    if (loads_x) { next = x_block(row0 + 4u * block, t + quarters + quarter); }
    if (loads_weight) { next = weight_block(col0 + 4u * weight_group, t + quarters + quarter); }
    add_round(&sums, down, across);
    workgroupBarrier();
  }

  let row = row0 + 4u * down;
  let col4 = col0 / 4u + across;
  put(row, col4, sums.upper_left);
  put(row, col4 + ACROSS, sums.upper_right);
  put(row + 4u * DOWN, col4, sums.lower_left);
  put(row + 4u * DOWN, col4 + ACROSS, sums.lower_right);
}
