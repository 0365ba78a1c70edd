// Gradient of a linear layer's input: dX(M,K) = dY(M,N) W(N,K). Row-major f32.
// For graphics cards and small results: one workgroup per 32 x 32 results, whose four teams divide the sum.
// Needs lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl, lib/linear_gradient.wgsl and lib/split.wgsl.

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
  for (var t = 0u; t < n4; t += 4u * TEAMS) {
    for (var i = 0u; i < 2u; i++) {
      let load = load_of(lane, i);
      let step4 = t + 4u * lane.team + load.y;
      let row = min(row0 + load.x, dims.m - 1u);
      tiles[lane.first + load.x][load.y] = select(vec4f(), dy[row * n4 + min(step4, n4 - 1u)], step4 < n4);
      // 16 steps of 8 vec4s, in rows of four
      let at = lane.index + 64u * i;
      let step = 4u * (t + 4u * lane.team) + at / 8u;
      let value = weight_at(min(step, dims.n - 1u) * k4 + min(col0 + at % 8u, k4 - 1u));
      tiles[lane.first + at / 4u][RIGHT + at % 4u] = select(vec4f(), value, step < dims.n);
    }
    workgroupBarrier();
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
