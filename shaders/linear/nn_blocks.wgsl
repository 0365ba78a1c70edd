// Gradient of a linear layer's input: dX(M,K) = dY(M,N) W(N,K). Row-major f32.
// One workgroup per tile. Dispatch z divides the sum into slices, which then go to (slices, M, K).
// For graphics cards.
// Needs lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl, lib/weight_bits_*.wgsl, lib/linear_gradient.wgsl, and lib/blocks.wgsl or
// lib/matrices.wgsl with lib/tile_loads.wgsl.

// Beyond the last row or column of a factor, the last one is read again; put() does not write those results.

fn left_place(load: u32) -> Place { return along_steps(load); }
fn left_bits(group: u32, quarter: u32) -> Bits {
  let n4 = dims.n / 4u;
  let at = min(vec4u(4u * group) + vec4u(0u, 1u, 2u, 3u), vec4u(dims.m - 1u)) * n4 + min(quarter, n4 - 1u);
  return Bits(bitcast<vec4u>(dy[at.x]), bitcast<vec4u>(dy[at.y]), bitcast<vec4u>(dy[at.z]), bitcast<vec4u>(dy[at.w]));
}
fn left_block(bits: Bits, quarter: u32) -> mat4x4f { return transpose(floats(bits)) * select(0.0, 1.0, quarter < dims.n / 4u); }

fn right_place(load: u32) -> Place { return along_groups(load, COLUMN_GROUPS); }
fn right_bits(group: u32, quarter: u32) -> Bits {
  let k4 = dims.k / 4u;
  let at = min(4u * quarter, dims.n - 4u) * k4 + min(group, k4 - 1u);
  return Bits(weight_bits(at), weight_bits(at + k4), weight_bits(at + 2u * k4), weight_bits(at + 3u * k4));
}
fn right_block(bits: Bits, quarter: u32) -> mat4x4f {
  let steps = mat4x4f(weight_of(bits[0]), weight_of(bits[1]), weight_of(bits[2]), weight_of(bits[3]));
  return steps * select(0.0, 1.0, 4u * quarter < dims.n);
}

fn put(slice: u32, row: u32, column4: u32, block: mat4x4f) {
  let k4 = dims.k / 4u;
  if (column4 >= k4) { return; }
  for (var i = 0u; i < 4u; i++) {
    if (row + i < dims.m) { dx[(slice * dims.m + row + i) * k4 + column4] = block[i]; }
  }
}

@compute @workgroup_size(TILE_INVOCATIONS)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let corner = tile_corner(flat_workgroup(group, counts), dims.k);
  make_tile(corner, group.z, slice_of(dims.n / 4u, group.z, counts.z), local);
}
