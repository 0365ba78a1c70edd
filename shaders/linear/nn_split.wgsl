// Gradient of a linear layer's input: dX(M,K) = dY(M,N) W(N,K). Row-major f32.
// For graphics cards and small results: one workgroup per 32 x 32 results, whose four teams divide the sum.
// Needs lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl, lib/weight_bits_*.wgsl, lib/linear_gradient.wgsl and lib/split.wgsl.

fn fetch(
  next_dy: ptr<function, array<vec4f, 2>>, next_w: ptr<function, array<vec4u, 2>>, row0: u32, col0: u32, step4: u32, lane: Lane) {
  let k4 = dims.k / 4u;
  let n4 = dims.n / 4u;
  for (var i = 0u; i < 2u; i++) {
    let load = load_of(lane, i);
    (*next_dy)[i] = dy[min(row0 + load.x, dims.m - 1u) * n4 + min(step4 + load.y, n4 - 1u)];
    let at = lane.index + 64u * i;
    (*next_w)[i] = weight_bits(min(4u * step4 + at / 8u, dims.n - 1u) * k4 + min(col0 + at % 8u, k4 - 1u));
  }
}

@compute @workgroup_size(TILE_INVOCATIONS)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let k4 = dims.k / 4u;
  let n4 = dims.n / 4u;
  let tiles_across = (dims.k + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let tile = flat_workgroup(group, counts);
  let row0 = tile / tiles_across * TILE_ROWS;
  let col0 = tile % tiles_across * (TILE_COLUMNS / 4u);  // in vec4s
  let lane = lane_of(local);

  var sums = mat4x4f();
  var next_dy = array<vec4f, 2>();
  var next_w = array<vec4u, 2>();
  fetch(&next_dy, &next_w, row0, col0, 4u * lane.team, lane);
  for (var t = 0u; t < n4; t += 4u * TEAMS) {
    let step4 = t + 4u * lane.team;
    for (var i = 0u; i < 2u; i++) {
      let load = load_of(lane, i);
      tiles[lane.first + load.x][load.y] = select(vec4f(), next_dy[i], step4 + load.y < n4);
      // 16 steps of 8 vec4s, in rows of four
      let at = lane.index + 64u * i;
      tiles[lane.first + at / 4u][RIGHT + at % 4u] = select(vec4f(), weight_of(next_w[i]), 4u * step4 + at / 8u < dims.n);
    }
    workgroupBarrier();
    // the loads of the next round overlap with the arithmetic of this one
    fetch(&next_dy, &next_w, row0, col0, step4 + 4u * TEAMS, lane);
    for (var q = 0u; q < 4u; q++) {
      let right = lane.first + 8u * q + lane.across / 4u;
      let column = lane.across % 4u;
      let steps = mat4x4f(
        tiles[right][RIGHT + column], tiles[right + 2u][RIGHT + column], tiles[right + 4u][RIGHT + column], tiles[right + 6u][RIGHT + column]);
      sums = mat4x4f(
        sums[0] + steps * left_row(lane, 0u, q), sums[1] + steps * left_row(lane, 1u, q),
        sums[2] + steps * left_row(lane, 2u, q), sums[3] + steps * left_row(lane, 3u, q));
    }
    workgroupBarrier();
  }

  let result = add_teams(lane, local, sums);
  let row = row0 + local / 8u;
  let col4 = col0 + local % 8u;
  if (row < dims.m && col4 < k4) { dx[row * k4 + col4] = result; }
}
