// Gradient of a linear layer's input: dX(M,K) = dY(M,N) W(N,K). Row-major f32.
// One workgroup per tile of TILE_ROWS x TILE_COLUMNS, of which each of the 16 x 16 invocations makes 4 x 4, in runs of 16 steps of the sum.
// For graphics cards: both operands go through workgroup memory. Needs lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl, lib/weight_bits_*.wgsl and lib/linear_gradient.wgsl.

const TILE_ROWS = 64u;
const TILE_COLUMNS = 64u;
const TILE_INVOCATIONS = 256u;

// Arrays of arrays, because the bounds checks that WebGPU adds are then the same for all steps, and leave the loop.
var<workgroup> rows_: array<array<vec4f, 5>, 64>;  // 64 rows of dY x 16 steps of n, padded from 4 to 5 vec4s per row
var<workgroup> bs: array<array<vec4f, 16>, 16>;  // 16 steps x 64 columns of W

fn put(row: u32, col4: u32, value: vec4f) {
  let k4 = dims.k / 4u;
  if (row < dims.m && col4 < k4) {
    let at = row * k4 + col4;
    dx[at] = value;
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
  let tx = local % 16u;
  let ty = local / 16u;
  let b_col = min(col0 + tx, k4 - 1u);
  let a_row = min(row0 + local / 4u, dims.m - 1u) * n4;

  // c<i>: row ty * 4 + i, columns tx * 4 to tx * 4 + 3
  var c0 = vec4f();
  var c1 = vec4f();
  var c2 = vec4f();
  var c3 = vec4f();
  let steps = dims.n;
  var next_w = weight_bits(min(ty, steps - 1u) * k4 + b_col);
  var next_dy = dy[a_row + min(local % 4u, n4 - 1u)];
  for (var t = 0u; t < steps; t += 16u) {
    bs[ty][tx] = select(vec4f(), weight_of(next_w), t + ty < steps);
    rows_[local / 4u][local % 4u] = select(vec4f(), next_dy, t / 4u + local % 4u < n4);
    workgroupBarrier();
    // the loads of the next round overlap with the arithmetic of this one
    next_w = weight_bits(min(t + 16u + ty, steps - 1u) * k4 + b_col);
    next_dy = dy[a_row + min(t / 4u + 4u + local % 4u, n4 - 1u)];
    for (var q = 0u; q < 4u; q++) {
      let m = mat4x4f(bs[4u * q][tx], bs[4u * q + 1u][tx], bs[4u * q + 2u][tx], bs[4u * q + 3u][tx]);
      c0 += m * rows_[ty * 4u][q];
      c1 += m * rows_[ty * 4u + 1u][q];
      c2 += m * rows_[ty * 4u + 2u][q];
      c3 += m * rows_[ty * 4u + 3u][q];
    }
    workgroupBarrier();
  }

  let row = row0 + ty * 4u;
  let col = col0 + tx;
  put(row, col, c0);
  put(row + 1u, col, c1);
  put(row + 2u, col, c2);
  put(row + 3u, col, c3);
}
