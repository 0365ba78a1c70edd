// Gradient of a linear layer's input: dX(M,K) = dY(M,N) W(N,K). Row-major f32.
// Needs lib/quad.wgsl, lib/quad_tile.wgsl, lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl and lib/linear_gradient.wgsl.

/// Four steps of the sum for four rows. Column i of `sums` and of `rows` is row lane ^ i; each column of `weights` is one step.
fn accumulate(sums: mat4x4f, rows: mat4x4f, weights: mat4x4f) -> mat4x4f {
  return mat4x4f(
    sums[0] + weights * rows[0], sums[1] + weights * rows[1],
    sums[2] + weights * rows[2], sums[3] + weights * rows[3]);
}

fn put(row: u32, col: u32, value: vec4f) {
  let out4 = dims.k / 4u;
  if (row < dims.m && col < out4) { dx[row * out4 + col] = value; }
}

@compute @workgroup_size(TILE_INVOCATIONS)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let k4 = dims.k / 4u;
  let n4 = dims.n / 4u;
  let tiles_across = (dims.k + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let tile = flat_workgroup(group, counts);
  let row = tile / tiles_across * TILE_ROWS;
  let col = tile % tiles_across * (TILE_COLUMNS / 4u) + lane;  // in vec4s

  // Rows and columns beyond the edge read the last valid one; put() does not write their results.
  let last = dims.m - 1u;
  let a0 = min(row + lane, last) * n4;
  let a1 = min(row + 4u + lane, last) * n4;
  let a2 = min(row + 8u + lane, last) * n4;
  let a3 = min(row + 12u + lane, last) * n4;
  let a4 = min(row + 16u + lane, last) * n4;
  let a5 = min(row + 20u + lane, last) * n4;
  let a6 = min(row + 24u + lane, last) * n4;
  let a7 = min(row + 28u + lane, last) * n4;
  let w0 = min(col, k4 - 1u);
  let w1 = min(col + 4u, k4 - 1u);

  // Sums of four rows each, for the left and for the right columns.
  var l0 = mat4x4f(); var r0 = mat4x4f();
  var l1 = mat4x4f(); var r1 = mat4x4f();
  var l2 = mat4x4f(); var r2 = mat4x4f();
  var l3 = mat4x4f(); var r3 = mat4x4f();
  var l4 = mat4x4f(); var r4 = mat4x4f();
  var l5 = mat4x4f(); var r5 = mat4x4f();
  var l6 = mat4x4f(); var r6 = mat4x4f();
  var l7 = mat4x4f(); var r7 = mat4x4f();

  for (var t = 0u; t < n4; t++) {
    let first = 4u * t * k4;
    let left = mat4x4f(weight_at(first + w0), weight_at(first + k4 + w0), weight_at(first + 2u * k4 + w0), weight_at(first + 3u * k4 + w0));
    let right = mat4x4f(weight_at(first + w1), weight_at(first + k4 + w1), weight_at(first + 2u * k4 + w1), weight_at(first + 3u * k4 + w1));
    let s0 = share(dy[a0 + t]);
    l0 = accumulate(l0, s0, left); r0 = accumulate(r0, s0, right);
    let s1 = share(dy[a1 + t]);
    l1 = accumulate(l1, s1, left); r1 = accumulate(r1, s1, right);
    let s2 = share(dy[a2 + t]);
    l2 = accumulate(l2, s2, left); r2 = accumulate(r2, s2, right);
    let s3 = share(dy[a3 + t]);
    l3 = accumulate(l3, s3, left); r3 = accumulate(r3, s3, right);
    let s4 = share(dy[a4 + t]);
    l4 = accumulate(l4, s4, left); r4 = accumulate(r4, s4, right);
    let s5 = share(dy[a5 + t]);
    l5 = accumulate(l5, s5, left); r5 = accumulate(r5, s5, right);
    let s6 = share(dy[a6 + t]);
    l6 = accumulate(l6, s6, left); r6 = accumulate(r6, s6, right);
    let s7 = share(dy[a7 + t]);
    l7 = accumulate(l7, s7, left); r7 = accumulate(r7, s7, right);
  }

  put_tile(row, lane, col, array(l0, l1, l2, l3, l4, l5, l6, l7), array(r0, r1, r2, r3, r4, r5, r6, r7));
}
