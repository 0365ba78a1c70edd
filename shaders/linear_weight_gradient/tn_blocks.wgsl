// Gradient of a linear layer's weight: dW(N,K) = dY(M,N)^T X(M,K), or that added to dW. Row-major f32.
// One workgroup per tile. Dispatch z divides the sum over rows into slices, which then go to (slices, N, K).
// For graphics cards. Needs lib/grid.wgsl, and lib/blocks.wgsl or lib/matrices.wgsl with lib/tile_loads.wgsl.

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dw: array<vec4f>;

struct Dims {
  m: u32,  // rows of the activations
  n: u32,  // out features, a multiple of 4
  k: u32,  // in features, a multiple of 4
}
@group(1) @binding(0) var<uniform> dims: Dims;

override ACCUMULATE: bool = false;

// Beyond the last column of a factor, the last four are read again; put() does not write those results.

/// The rows 4 quarter to 4 quarter + 3, the last one again beyond the end.
fn rows_of(quarter: u32) -> vec4u { return min(vec4u(4u * quarter) + vec4u(0u, 1u, 2u, 3u), vec4u(dims.m - 1u)); }
/// These rows, and zeros beyond the end.
fn kept(bits: Bits, quarter: u32) -> mat4x4f {
  let inside = select(vec4f(), vec4f(1.0), vec4u(4u * quarter) + vec4u(0u, 1u, 2u, 3u) < vec4u(dims.m));
  let rows = floats(bits);
  return mat4x4f(rows[0] * inside.x, rows[1] * inside.y, rows[2] * inside.z, rows[3] * inside.w);
}

fn left_place(load: u32) -> Place { return along_groups(load, ROW_GROUPS); }
fn left_bits(group: u32, quarter: u32) -> Bits {
  let n4 = dims.n / 4u;
  let at = rows_of(quarter) * n4 + min(group, n4 - 1u);
  return Bits(bitcast<vec4u>(dy[at.x]), bitcast<vec4u>(dy[at.y]), bitcast<vec4u>(dy[at.z]), bitcast<vec4u>(dy[at.w]));
}
fn left_block(bits: Bits, quarter: u32) -> mat4x4f { return kept(bits, quarter); }

fn right_place(load: u32) -> Place { return along_groups(load, COLUMN_GROUPS); }
fn right_bits(group: u32, quarter: u32) -> Bits {
  let k4 = dims.k / 4u;
  let at = rows_of(quarter) * k4 + min(group, k4 - 1u);
  return Bits(bitcast<vec4u>(x[at.x]), bitcast<vec4u>(x[at.y]), bitcast<vec4u>(x[at.z]), bitcast<vec4u>(x[at.w]));
}
fn right_block(bits: Bits, quarter: u32) -> mat4x4f { return kept(bits, quarter); }

fn put(slice: u32, row: u32, column4: u32, block: mat4x4f) {
  let k4 = dims.k / 4u;
  if (column4 >= k4) { return; }
  for (var i = 0u; i < 4u; i++) {
    if (row + i < dims.n) {
      let at = (slice * dims.n + row + i) * k4 + column4;
      var value = block[i];
      if (ACCUMULATE) { value += dw[at]; }
      dw[at] = value;
    }
  }
}

@compute @workgroup_size(TILE_INVOCATIONS)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let corner = tile_corner(flat_workgroup(group, counts), dims.k);
  make_tile(corner, group.z, slice_of((dims.m + 3u) / 4u, group.z, counts.z), local);
}
