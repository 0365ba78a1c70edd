// Forward of a linear layer: Y(M,N) = X(M,K) W(N,K)^T + bias. Row-major f32.
// One invocation per tile of TILE_ROWS x TILE_COLUMNS. For adapters with expensive barriers and without subgroups.
// Needs lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl and lib/linear_forward.wgsl.

const TILE_ROWS = 8u;
const TILE_COLUMNS = 8u;
const TILE_INVOCATIONS = 1u;
const SIZE = 16u;  // tiles, and so invocations, per workgroup

fn put(row: u32, col4: u32, value: vec4f) {
  let out4 = dims.n / 4u;
  if (row < dims.m && col4 < out4) {
    let at = row * out4 + col4;
    y[at] = value;
  }
}

@compute @workgroup_size(SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let k4 = dims.k / 4u;
  let n4 = dims.n / 4u;
  let tiles_across = (dims.n + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let tile = flat_workgroup(group, counts) * SIZE + local;
  let row = tile / tiles_across * TILE_ROWS;
  let col = tile % tiles_across * (TILE_COLUMNS / 4u);  // in vec4s
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
  let w0 = min(col + 0u, n4 - 1u) * 4u * k4;
  let w1 = min(col + 1u, n4 - 1u) * 4u * k4;

  var c0_0 = vec4f(); var c0_1 = vec4f();
  var c1_0 = vec4f(); var c1_1 = vec4f();
  var c2_0 = vec4f(); var c2_1 = vec4f();
  var c3_0 = vec4f(); var c3_1 = vec4f();
  var c4_0 = vec4f(); var c4_1 = vec4f();
  var c5_0 = vec4f(); var c5_1 = vec4f();
  var c6_0 = vec4f(); var c6_1 = vec4f();
  var c7_0 = vec4f(); var c7_1 = vec4f();

  for (var t = 0u; t < k4; t++) {
    let m0 = mat4x4f(weight_at(w0 + t), weight_at(w0 + k4 + t), weight_at(w0 + 2u * k4 + t), weight_at(w0 + 3u * k4 + t));
    let m1 = mat4x4f(weight_at(w1 + t), weight_at(w1 + k4 + t), weight_at(w1 + 2u * k4 + t), weight_at(w1 + 3u * k4 + t));
    let s0 = x[a0 + t]; c0_0 += s0 * m0; c0_1 += s0 * m1;
    let s1 = x[a1 + t]; c1_0 += s1 * m0; c1_1 += s1 * m1;
    let s2 = x[a2 + t]; c2_0 += s2 * m0; c2_1 += s2 * m1;
    let s3 = x[a3 + t]; c3_0 += s3 * m0; c3_1 += s3 * m1;
    let s4 = x[a4 + t]; c4_0 += s4 * m0; c4_1 += s4 * m1;
    let s5 = x[a5 + t]; c5_0 += s5 * m0; c5_1 += s5 * m1;
    let s6 = x[a6 + t]; c6_0 += s6 * m0; c6_1 += s6 * m1;
    let s7 = x[a7 + t]; c7_0 += s7 * m0; c7_1 += s7 * m1;
  }

  if (BIAS) {
    let b0 = bias[min(col + 0u, n4 - 1u)];
    let b1 = bias[min(col + 1u, n4 - 1u)];
    c0_0 += b0; c0_1 += b1;
    c1_0 += b0; c1_1 += b1;
    c2_0 += b0; c2_1 += b1;
    c3_0 += b0; c3_1 += b1;
    c4_0 += b0; c4_1 += b1;
    c5_0 += b0; c5_1 += b1;
    c6_0 += b0; c6_1 += b1;
    c7_0 += b0; c7_1 += b1;
  }

  put(row + 0u, col + 0u, c0_0); put(row + 0u, col + 1u, c0_1);
  put(row + 1u, col + 0u, c1_0); put(row + 1u, col + 1u, c1_1);
  put(row + 2u, col + 0u, c2_0); put(row + 2u, col + 1u, c2_1);
  put(row + 3u, col + 0u, c3_0); put(row + 3u, col + 1u, c3_1);
  put(row + 4u, col + 0u, c4_0); put(row + 4u, col + 1u, c4_1);
  put(row + 5u, col + 0u, c5_0); put(row + 5u, col + 1u, c5_1);
  put(row + 6u, col + 0u, c6_0); put(row + 6u, col + 1u, c6_1);
  put(row + 7u, col + 0u, c7_0); put(row + 7u, col + 1u, c7_1);
}
