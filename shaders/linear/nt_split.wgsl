// Forward of a linear layer: Y(M,N) = X(M,K) W(N,K)^T + bias. Row-major f32.
// For graphics cards and small results: one workgroup per 32 x 32 results, whose four teams divide the sum.
// Needs lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl, lib/weight_bits_*.wgsl, lib/linear_forward.wgsl and lib/split.wgsl.

fn fetch(
  next_x: ptr<function, array<vec4f, 2>>, next_w: ptr<function, array<vec4u, 2>>, row0: u32, col0: u32, step: u32, lane: Lane) {
  let k4 = dims.k / 4u;
  for (var i = 0u; i < 2u; i++) {
    let load = load_of(lane, i);
    let at = min(step + load.y, k4 - 1u);
    (*next_x)[i] = x[min(row0 + load.x, dims.m - 1u) * k4 + at];
    (*next_w)[i] = weight_bits(min(col0 + load.x, dims.n - 1u) * k4 + at);
  }
}

@compute @workgroup_size(TILE_INVOCATIONS)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let k4 = dims.k / 4u;
  let tiles_across = (dims.n + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let tile = flat_workgroup(group, counts);
  let row0 = tile / tiles_across * TILE_ROWS;
  let col0 = tile % tiles_across * TILE_COLUMNS;
  let lane = lane_of(local);

  var sums = mat4x4f();
  var next_x = array<vec4f, 2>();
  var next_w = array<vec4u, 2>();
  fetch(&next_x, &next_w, row0, col0, 4u * lane.team, lane);
  for (var t = 0u; t < k4; t += 4u * TEAMS) {
    for (var i = 0u; i < 2u; i++) {
      let load = load_of(lane, i);
      let inside = t + 4u * lane.team + load.y < k4;
      tiles[lane.first + load.x][load.y] = select(vec4f(), next_x[i], inside);
      // columns 4 c to 4 c + 3 of the product are 8 slots apart, so that invocations side by side read without conflicts
      let slot = load.x % 4u * 8u + load.x / 4u;
      tiles[lane.first + slot][RIGHT + load.y] = select(vec4f(), weight_of(next_w[i]), inside);
    }
    workgroupBarrier();
    // the loads of the next round overlap with the arithmetic of this one
    fetch(&next_x, &next_w, row0, col0, t + 4u * (TEAMS + lane.team), lane);
    for (var q = 0u; q < 4u; q++) {
      let columns = mat4x4f(
        tiles[lane.first + lane.across][RIGHT + q], tiles[lane.first + 8u + lane.across][RIGHT + q],
        tiles[lane.first + 16u + lane.across][RIGHT + q], tiles[lane.first + 24u + lane.across][RIGHT + q]);
      sums = mat4x4f(
        sums[0] + left_row(lane, 0u, q) * columns, sums[1] + left_row(lane, 1u, q) * columns,
        sums[2] + left_row(lane, 2u, q) * columns, sums[3] + left_row(lane, 3u, q) * columns);
    }
    workgroupBarrier();
  }

  let result = add_teams(lane, local, sums);
  let row = row0 + local / 8u;
  let col4 = col0 / 4u + local % 8u;
  if (row >= dims.m || 4u * col4 >= dims.n) { return; }
  var added = vec4f();
  if (BIAS) { added = bias[col4]; }
  y[row * (dims.n / 4u) + col4] = result + added;
}
