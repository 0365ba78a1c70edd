// Gradient of a linear layer's input: dX(M,K) = dY(M,N) W(N,K). Row-major f32.
// One workgroup per tile, 8 x 8 results per invocation. For graphics cards.
// Needs lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl and lib/blocks.wgsl.

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;

struct Dims {
  m: u32,  // rows of the activations
  n: u32,  // out features (rows of W), a multiple of 4
  k: u32,  // in features (columns of W), a multiple of 4
}
@group(1) @binding(0) var<uniform> dims: Dims;

/// Four adjacent steps of the four rows from `row` on; zeros beyond the last step. Beyond the last row it is that row again.
fn dy_block(row: u32, step4: u32) -> mat4x4f {
  let n4 = dims.n / 4u;
  let at = min(vec4u(row) + vec4u(0u, 1u, 2u, 3u), vec4u(dims.m - 1u)) * n4 + min(step4, n4 - 1u);
  let inside = select(0.0, 1.0, step4 < n4);
  return mat4x4f(dy[at.x], dy[at.y], dy[at.z], dy[at.w]) * inside;
}

/// Four adjacent columns of the weight in four adjacent steps; zeros beyond the last step.
fn weight_block(col4: u32, step4: u32) -> mat4x4f {
  let k4 = dims.k / 4u;
  let at = min(4u * step4, dims.n - 4u) * k4 + min(col4, k4 - 1u);
  let inside = select(0.0, 1.0, 4u * step4 < dims.n);
  return mat4x4f(weight_at(at), weight_at(at + k4), weight_at(at + 2u * k4), weight_at(at + 3u * k4)) * inside;
}

fn put(row: u32, col4: u32, block: mat4x4f) {
  let k4 = dims.k / 4u;
  if (col4 >= k4) { return; }
  for (var i = 0u; i < 4u; i++) {
    if (row + i < dims.m) { dx[(row + i) * k4 + col4] = block[i]; }
  }
}

@compute @workgroup_size(TILE_INVOCATIONS)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let n4 = dims.n / 4u;
  let tiles_across = (dims.k + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let tile = flat_workgroup(group, counts);
  let row0 = tile / tiles_across * TILE_ROWS;
  let col0 = tile % tiles_across * (TILE_COLUMNS / 4u);  // in vec4s
  let across = local % ACROSS;
  let down = local / ACROSS;

  let quarters = ROUND / 4u;
  let loads_dy = local < quarters * 2u * DOWN;
  let loads_weight = !loads_dy && local < quarters * (2u * DOWN + 2u * ACROSS);
  let beyond = local - quarters * 2u * DOWN;
  let quarter = select(beyond / (2u * ACROSS), local % quarters, loads_dy);
  let block = select(beyond % (2u * ACROSS), local / quarters, loads_dy);

  var sums = Sums();
  var next = mat4x4f();
  if (loads_dy) { next = dy_block(row0 + 4u * block, quarter); }
  if (loads_weight) { next = weight_block(col0 + block, quarter); }
  for (var t = 0u; t < n4; t += quarters) {
    if (loads_dy) { store_left(next, block, quarter); }
    if (loads_weight) { store_right(next, block, quarter); }
    workgroupBarrier();
    // the loads of the next round overlap with the arithmetic of this one
    if (loads_dy) { next = dy_block(row0 + 4u * block, t + quarters + quarter); }
    if (loads_weight) { next = weight_block(col0 + block, t + quarters + quarter); }
    add_round(&sums, down, across);
    workgroupBarrier();
  }

  let row = row0 + 4u * down;
  let col4 = col0 + across;
  put(row, col4, sums.upper_left);
  put(row, col4 + ACROSS, sums.upper_right);
  put(row + 4u * DOWN, col4, sums.lower_left);
  put(row + 4u * DOWN, col4 + ACROSS, sums.lower_right);
}
