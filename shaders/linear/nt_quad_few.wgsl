// Forward of a linear layer: Y(M,N) = X(M,K) W(N,K)^T + bias. Row-major f32.
// nt_quad.wgsl with a smaller tile, for few rows (decoding): one workgroup, which is one quad, per tile of TILE_ROWS x TILE_COLUMNS.
// Needs lib/quad.wgsl, lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl and lib/linear_forward.wgsl.

const TILE_ROWS = 4u;
const TILE_COLUMNS = 16u;
const TILE_INVOCATIONS = 4u;

fn put(row: u32, col4: u32, value: vec4f) {
  let out4 = dims.n / 4u;
  if (row < dims.m && col4 < out4) {
    let at = row * out4 + col4;
    y[at] = value;
  }
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
  let w0 = min(col, n4 - 1u) * 4u * k4;

  // c<i>: row lane ^ i
  var c0 = vec4f();
  var c1 = vec4f();
  var c2 = vec4f();
  var c3 = vec4f();

  for (var t = 0u; t < k4; t++) {
    let m0 = mat4x4f(weight_at(w0 + t), weight_at(w0 + k4 + t), weight_at(w0 + 2u * k4 + t), weight_at(w0 + 3u * k4 + t));
    let rows = share(x[a0 + t]);
    c0 += rows[0] * m0;
    c1 += rows[1] * m0;
    c2 += rows[2] * m0;
    c3 += rows[3] * m0;
  }

  if (BIAS) {
    let b0 = bias[min(col, n4 - 1u)];
    c0 += b0;
    c1 += b0;
    c2 += b0;
    c3 += b0;
  }

  put(row + (lane ^ 0u), col, c0);
  put(row + (lane ^ 1u), col, c1);
  put(row + (lane ^ 2u), col, c2);
  put(row + (lane ^ 3u), col, c3);
}
