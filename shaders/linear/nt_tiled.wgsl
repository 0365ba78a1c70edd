// Forward of a linear layer: Y(M,N) = X(M,K) W(N,K)^T + bias. Row-major f32.
// One workgroup per tile of TILE_ROWS x TILE_COLUMNS, of which each of the 16 x 16 invocations makes 4 x 4, in runs of 16 steps of the sum.
// For graphics cards: both operands go through workgroup memory. Needs lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl, lib/weight_bits_*.wgsl and lib/linear_forward.wgsl.

const TILE_ROWS = 64u;
const TILE_COLUMNS = 64u;
const TILE_INVOCATIONS = 256u;

// 64 rows of 16 steps of k, padded from 4 to 5 vec4s per row against bank conflicts. Arrays of arrays, because the bounds checks that WebGPU
// adds are then the same for all steps, and leave the loop.
var<workgroup> xs: array<array<vec4f, 5>, 64>;
var<workgroup> ws: array<array<vec4f, 5>, 64>;

fn put(row: u32, col: u32, value: f32) {
  if (row < dims.m && col < dims.n) {
    let at = row * dims.n + col;
    var v = value;
    if (BIAS) { v += bias_values[col]; }
    y_values[at] = v;
  }
}

@compute @workgroup_size(TILE_INVOCATIONS)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let k4 = dims.k / 4u;
  let tiles_across = (dims.n + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let tile = flat_workgroup(group, counts);
  let row0 = tile / tiles_across * TILE_ROWS;
  let col0 = tile % tiles_across * TILE_COLUMNS;
  let tx = local % 16u;
  let ty = local / 16u;
  let load_row = local / 4u;
  let load_k = local % 4u;
  let x_row = min(row0 + load_row, dims.m - 1u) * k4;
  let w_row = min(col0 + load_row, dims.n - 1u) * k4;

  // c<i>: row ty * 4 + i; component j: column tx + 16 j
  var c0 = vec4f();
  var c1 = vec4f();
  var c2 = vec4f();
  var c3 = vec4f();
  var next_x = x[x_row + min(load_k, k4 - 1u)];
  var next_w = weight_bits(w_row + min(load_k, k4 - 1u));
  for (var t = 0u; t < k4; t += 4u) {
    let inside = t + load_k < k4;
    xs[load_row][load_k] = select(vec4f(), next_x, inside);
    ws[load_row][load_k] = select(vec4f(), weight_of(next_w), inside);
    workgroupBarrier();
    // the loads of the next round overlap with the arithmetic of this one
    let at = min(t + 4u + load_k, k4 - 1u);
    next_x = x[x_row + at];
    next_w = weight_bits(w_row + at);
    for (var q = 0u; q < 4u; q++) {
      let m = mat4x4f(ws[tx][q], ws[tx + 16u][q], ws[tx + 32u][q], ws[tx + 48u][q]);
      c0 += xs[ty * 4u][q] * m;
      c1 += xs[ty * 4u + 1u][q] * m;
      c2 += xs[ty * 4u + 2u][q] * m;
      c3 += xs[ty * 4u + 3u][q] * m;
    }
    workgroupBarrier();
  }

  let row = row0 + ty * 4u;
  let col = col0 + tx;
  put(row + 0u, col, c0.x); put(row + 0u, col + 16u, c0.y); put(row + 0u, col + 32u, c0.z); put(row + 0u, col + 48u, c0.w);
  put(row + 1u, col, c1.x); put(row + 1u, col + 16u, c1.y); put(row + 1u, col + 32u, c1.z); put(row + 1u, col + 48u, c1.w);
  put(row + 2u, col, c2.x); put(row + 2u, col + 16u, c2.y); put(row + 2u, col + 32u, c2.z); put(row + 2u, col + 48u, c2.w);
  put(row + 3u, col, c3.x); put(row + 3u, col + 16u, c3.y); put(row + 3u, col + 32u, c3.z); put(row + 3u, col + 48u, c3.w);
}
