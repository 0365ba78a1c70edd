// Forward of a linear layer: Y(M,N) = X(M,K) W(N,K)^T + bias. Row-major f32.
// One workgroup per tile. Dispatch z divides the sum into slices, which then go to (slices, M, N) without the
// bias. For graphics cards.
// Needs lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl, lib/weight_bits_*.wgsl, lib/linear_forward.wgsl, and lib/blocks.wgsl or
// lib/matrices.wgsl with lib/tile_loads.wgsl.

// Beyond the last row of a factor, its last row is read again; put() does not write those results.

fn left_place(load: u32) -> Place { return along_steps(load); }
fn left_bits(group: u32, quarter: u32) -> Bits {
  let k4 = dims.k / 4u;
  let at = min(vec4u(4u * group) + vec4u(0u, 1u, 2u, 3u), vec4u(dims.m - 1u)) * k4 + min(quarter, k4 - 1u);
  return Bits(bitcast<vec4u>(x[at.x]), bitcast<vec4u>(x[at.y]), bitcast<vec4u>(x[at.z]), bitcast<vec4u>(x[at.w]));
}
fn left_block(bits: Bits, quarter: u32) -> mat4x4f { return transpose(floats(bits)) * select(0.0, 1.0, quarter < dims.k / 4u); }

fn right_place(load: u32) -> Place { return along_steps(load); }
fn right_bits(group: u32, quarter: u32) -> Bits {
  let k4 = dims.k / 4u;
  let at = min(4u * group, dims.n - 4u) * k4 + min(quarter, k4 - 1u);
  return Bits(weight_bits(at), weight_bits(at + k4), weight_bits(at + 2u * k4), weight_bits(at + 3u * k4));
}
fn right_block(bits: Bits, quarter: u32) -> mat4x4f {
  let rows = mat4x4f(weight_of(bits[0]), weight_of(bits[1]), weight_of(bits[2]), weight_of(bits[3]));
  return transpose(rows) * select(0.0, 1.0, quarter < dims.k / 4u);
}

fn put(slice: u32, row: u32, column4: u32, block: mat4x4f) {
  let n4 = dims.n / 4u;
  if (column4 >= n4) { return; }
  var added = vec4f();
  if (BIAS) { added = bias[column4]; }
  for (var i = 0u; i < 4u; i++) {
    if (row + i < dims.m) { y[(slice * dims.m + row + i) * n4 + column4] = block[i] + added; }
  }
}

@compute @workgroup_size(TILE_INVOCATIONS)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let corner = tile_corner(flat_workgroup(group, counts), dims.n);
  make_tile(corner, group.z, slice_of(dims.k / 4u, group.z, counts.z), local);
}
