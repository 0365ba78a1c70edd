// Forward of a linear layer: Y(M,N) = X(M,K) W(N,K)^T + bias. Row-major f32.
// Needs lib/quad.wgsl, lib/quad_tile.wgsl, lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl and lib/linear_forward.wgsl.

/// Four steps of the sum for four rows. Column i of `sums` and of `rows` is row lane ^ i; each column of `weights` belongs to one column of Y.
fn accumulate(sums: mat4x4f, rows: mat4x4f, weights: mat4x4f) -> mat4x4f {
  return mat4x4f(
    sums[0] + rows[0] * weights, sums[1] + rows[1] * weights,
    sums[2] + rows[2] * weights, sums[3] + rows[3] * weights);
}

fn put(row: u32, col: u32, value: vec4f) {
  let out4 = dims.n / 4u;
  if (row < dims.m && col < out4) { y[row * out4 + col] = value; }
}

@compute @workgroup_size(TILE_INVOCATIONS)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let k4 = dims.k / 4u;
  let n4 = dims.n / 4u;
  let tiles_across = (dims.n + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let tile = flat_workgroup(group, counts);
  let row = tile / tiles_across * TILE_ROWS;
  let col = tile % tiles_across * (TILE_COLUMNS / 4u) + lane;  // in vec4s

  // Rows and columns beyond the edge read the last valid one; put() does not write their results.
  let last = dims.m - 1u;
  let a0 = min(row + lane, last) * k4;
  let a1 = min(row + 4u + lane, last) * k4;
  let a2 = min(row + 8u + lane, last) * k4;
  let a3 = min(row + 12u + lane, last) * k4;
  let a4 = min(row + 16u + lane, last) * k4;
  let a5 = min(row + 20u + lane, last) * k4;
  let a6 = min(row + 24u + lane, last) * k4;
  let a7 = min(row + 28u + lane, last) * k4;
  let w0 = min(col, n4 - 1u) * 4u * k4;
  let w1 = min(col + 4u, n4 - 1u) * 4u * k4;

  // Sums of four rows each, for the left and for the right columns.
  var first_left = vec4f();
  var first_right = vec4f();
  if (BIAS) {
    first_left = bias[min(col, n4 - 1u)];
    first_right = bias[min(col + 4u, n4 - 1u)];
  }
  let start_left = mat4x4f(first_left, first_left, first_left, first_left);
  let start_right = mat4x4f(first_right, first_right, first_right, first_right);
  var l0 = start_left; var r0 = start_right;
  var l1 = start_left; var r1 = start_right;
  var l2 = start_left; var r2 = start_right;
  var l3 = start_left; var r3 = start_right;
  var l4 = start_left; var r4 = start_right;
  var l5 = start_left; var r5 = start_right;
  var l6 = start_left; var r6 = start_right;
  var l7 = start_left; var r7 = start_right;

  for (var t = 0u; t < k4; t++) {
    let left = mat4x4f(weight_at(w0 + t), weight_at(w0 + k4 + t), weight_at(w0 + 2u * k4 + t), weight_at(w0 + 3u * k4 + t));
    let right = mat4x4f(weight_at(w1 + t), weight_at(w1 + k4 + t), weight_at(w1 + 2u * k4 + t), weight_at(w1 + 3u * k4 + t));
    let s0 = share(x[a0 + t]);
    l0 = accumulate(l0, s0, left); r0 = accumulate(r0, s0, right);
    let s1 = share(x[a1 + t]);
    l1 = accumulate(l1, s1, left); r1 = accumulate(r1, s1, right);
    let s2 = share(x[a2 + t]);
    l2 = accumulate(l2, s2, left); r2 = accumulate(r2, s2, right);
    let s3 = share(x[a3 + t]);
    l3 = accumulate(l3, s3, left); r3 = accumulate(r3, s3, right);
    let s4 = share(x[a4 + t]);
    l4 = accumulate(l4, s4, left); r4 = accumulate(r4, s4, right);
    let s5 = share(x[a5 + t]);
    l5 = accumulate(l5, s5, left); r5 = accumulate(r5, s5, right);
    let s6 = share(x[a6 + t]);
    l6 = accumulate(l6, s6, left); r6 = accumulate(r6, s6, right);
    let s7 = share(x[a7 + t]);
    l7 = accumulate(l7, s7, left); r7 = accumulate(r7, s7, right);
  }

  put_tile(row, lane, col, array(l0, l1, l2, l3, l4, l5, l6, l7), array(r0, r1, r2, r3, r4, r5, r6, r7));
}
