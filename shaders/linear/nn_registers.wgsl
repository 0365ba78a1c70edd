// Gradient of a linear layer's input: dX(M,K) = dY(M,N) W(N,K). Row-major f32.
// Needs lib/register_tile.wgsl, lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl and lib/linear_gradient.wgsl.

/// Four steps of a row's sums. Column i of w0 to w3 is of step i.
fn accumulate(sums: mat4x4f, values: vec4f, w0: mat4x4f, w1: mat4x4f, w2: mat4x4f, w3: mat4x4f) -> mat4x4f {
  return mat4x4f(sums[0] + w0 * values, sums[1] + w1 * values, sums[2] + w2 * values, sums[3] + w3 * values);
}

fn put(row: u32, col: u32, value: vec4f) {
  let out4 = dims.k / 4u;
  if (row < dims.m && col < out4) { dx[row * out4 + col] = value; }
}

@compute @workgroup_size(SIZE)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let k4 = dims.k / 4u;
  let n4 = dims.n / 4u;
  let start = tile_start(flat_workgroup(group, counts) * SIZE + local, dims.k);
  let row = start.x;
  let col = start.y;
  if (row >= dims.m) { return; }

  // Rows and columns beyond the edge read the last valid one; put() does not write their results.
  let last = dims.m - 1u;
  let a0 = min(row + 0u, last) * n4;
  let a1 = min(row + 1u, last) * n4;
  let a2 = min(row + 2u, last) * n4;
  let a3 = min(row + 3u, last) * n4;
  let a4 = min(row + 4u, last) * n4;
  let a5 = min(row + 5u, last) * n4;
  let a6 = min(row + 6u, last) * n4;
  let a7 = min(row + 7u, last) * n4;
  let a8 = min(row + 8u, last) * n4;
  let a9 = min(row + 9u, last) * n4;
  let a10 = min(row + 10u, last) * n4;
  let a11 = min(row + 11u, last) * n4;
  let a12 = min(row + 12u, last) * n4;
  let a13 = min(row + 13u, last) * n4;
  let a14 = min(row + 14u, last) * n4;
  let a15 = min(row + 15u, last) * n4;
  let w0 = min(col + 0u, k4 - 1u);
  let w1 = min(col + 1u, k4 - 1u);
  let w2 = min(col + 2u, k4 - 1u);
  let w3 = min(col + 3u, k4 - 1u);

  var c0 = mat4x4f(); var c1 = mat4x4f(); var c2 = mat4x4f(); var c3 = mat4x4f();
  var c4 = mat4x4f(); var c5 = mat4x4f(); var c6 = mat4x4f(); var c7 = mat4x4f();
  var c8 = mat4x4f(); var c9 = mat4x4f(); var c10 = mat4x4f(); var c11 = mat4x4f();
  var c12 = mat4x4f(); var c13 = mat4x4f(); var c14 = mat4x4f(); var c15 = mat4x4f();

  for (var t = 0u; t < n4; t++) {
    let step = 4u * t * k4;
    let m0 = weights_at(step + w0, k4);
    let m1 = weights_at(step + w1, k4);
    let m2 = weights_at(step + w2, k4);
    let m3 = weights_at(step + w3, k4);
    c0 = accumulate(c0, dy[a0 + t], m0, m1, m2, m3);
    c1 = accumulate(c1, dy[a1 + t], m0, m1, m2, m3);
    c2 = accumulate(c2, dy[a2 + t], m0, m1, m2, m3);
    c3 = accumulate(c3, dy[a3 + t], m0, m1, m2, m3);
    c4 = accumulate(c4, dy[a4 + t], m0, m1, m2, m3);
    c5 = accumulate(c5, dy[a5 + t], m0, m1, m2, m3);
    c6 = accumulate(c6, dy[a6 + t], m0, m1, m2, m3);
    c7 = accumulate(c7, dy[a7 + t], m0, m1, m2, m3);
    c8 = accumulate(c8, dy[a8 + t], m0, m1, m2, m3);
    c9 = accumulate(c9, dy[a9 + t], m0, m1, m2, m3);
    c10 = accumulate(c10, dy[a10 + t], m0, m1, m2, m3);
    c11 = accumulate(c11, dy[a11 + t], m0, m1, m2, m3);
    c12 = accumulate(c12, dy[a12 + t], m0, m1, m2, m3);
    c13 = accumulate(c13, dy[a13 + t], m0, m1, m2, m3);
    c14 = accumulate(c14, dy[a14 + t], m0, m1, m2, m3);
    c15 = accumulate(c15, dy[a15 + t], m0, m1, m2, m3);
  }

  put_rows(row, col, c0, c1, c2, c3);
  put_rows(row + 4u, col, c4, c5, c6, c7);
  put_rows(row + 8u, col, c8, c9, c10, c11);
  put_rows(row + 12u, col, c12, c13, c14, c15);
}
