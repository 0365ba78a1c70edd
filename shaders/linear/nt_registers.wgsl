// Forward of a linear layer: Y(M,N) = X(M,K) W(N,K)^T + bias. Row-major f32.
// Needs lib/register_tile.wgsl, lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl and lib/linear_forward.wgsl.

/// Four steps of a row's sums. Each column of w0 to w3 belongs to one column of Y.
fn accumulate(sums: mat4x4f, values: vec4f, w0: mat4x4f, w1: mat4x4f, w2: mat4x4f, w3: mat4x4f) -> mat4x4f {
  return mat4x4f(sums[0] + values * w0, sums[1] + values * w1, sums[2] + values * w2, sums[3] + values * w3);
}

fn bias_at(col: u32) -> vec4f {
  if (!BIAS) { return vec4f(); }
  return bias[min(col, dims.n / 4u - 1u)];
}

fn put(row: u32, col: u32, value: vec4f) {
  let out4 = dims.n / 4u;
  if (row < dims.m && col < out4) { y[row * out4 + col] = value; }
}

@compute @workgroup_size(SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let k4 = dims.k / 4u;
  let start = tile_start(flat_workgroup(group, counts) * SIZE + local, dims.n);
  let row = start.x;
  let col = start.y;
  if (row >= dims.m) { return; }

  // Rows and columns beyond the edge read the last valid one; put() does not write their results.
  let last = dims.m - 1u;
  let a0 = min(row + 0u, last) * k4;
  let a1 = min(row + 1u, last) * k4;
  let a2 = min(row + 2u, last) * k4;
  let a3 = min(row + 3u, last) * k4;
  let a4 = min(row + 4u, last) * k4;
  let a5 = min(row + 5u, last) * k4;
  let a6 = min(row + 6u, last) * k4;
  let a7 = min(row + 7u, last) * k4;
  let a8 = min(row + 8u, last) * k4;
  let a9 = min(row + 9u, last) * k4;
  let a10 = min(row + 10u, last) * k4;
  let a11 = min(row + 11u, last) * k4;
  let a12 = min(row + 12u, last) * k4;
  let a13 = min(row + 13u, last) * k4;
  let a14 = min(row + 14u, last) * k4;
  let a15 = min(row + 15u, last) * k4;
  let last_col = dims.n / 4u - 1u;
  let w0 = min(col + 0u, last_col) * 4u * k4;
  let w1 = min(col + 1u, last_col) * 4u * k4;
  let w2 = min(col + 2u, last_col) * 4u * k4;
  let w3 = min(col + 3u, last_col) * 4u * k4;

  let first = mat4x4f(bias_at(col), bias_at(col + 1u), bias_at(col + 2u), bias_at(col + 3u));
  var c0 = first; var c1 = first; var c2 = first; var c3 = first;
  var c4 = first; var c5 = first; var c6 = first; var c7 = first;
  var c8 = first; var c9 = first; var c10 = first; var c11 = first;
  var c12 = first; var c13 = first; var c14 = first; var c15 = first;

  for (var t = 0u; t < k4; t++) {
    let m0 = weights_at(w0 + t, k4);
    let m1 = weights_at(w1 + t, k4);
    let m2 = weights_at(w2 + t, k4);
    let m3 = weights_at(w3 + t, k4);
    c0 = accumulate(c0, x[a0 + t], m0, m1, m2, m3);
    c1 = accumulate(c1, x[a1 + t], m0, m1, m2, m3);
    c2 = accumulate(c2, x[a2 + t], m0, m1, m2, m3);
    c3 = accumulate(c3, x[a3 + t], m0, m1, m2, m3);
    c4 = accumulate(c4, x[a4 + t], m0, m1, m2, m3);
    c5 = accumulate(c5, x[a5 + t], m0, m1, m2, m3);
    c6 = accumulate(c6, x[a6 + t], m0, m1, m2, m3);
    c7 = accumulate(c7, x[a7 + t], m0, m1, m2, m3);
    c8 = accumulate(c8, x[a8 + t], m0, m1, m2, m3);
    c9 = accumulate(c9, x[a9 + t], m0, m1, m2, m3);
    c10 = accumulate(c10, x[a10 + t], m0, m1, m2, m3);
    c11 = accumulate(c11, x[a11 + t], m0, m1, m2, m3);
    c12 = accumulate(c12, x[a12 + t], m0, m1, m2, m3);
    c13 = accumulate(c13, x[a13 + t], m0, m1, m2, m3);
    c14 = accumulate(c14, x[a14 + t], m0, m1, m2, m3);
    c15 = accumulate(c15, x[a15 + t], m0, m1, m2, m3);
  }

  put_rows(row, col, c0, c1, c2, c3);
  put_rows(row + 4u, col, c4, c5, c6, c7);
  put_rows(row + 8u, col, c8, c9, c10, c11);
  put_rows(row + 12u, col, c12, c13, c14, c15);
}
