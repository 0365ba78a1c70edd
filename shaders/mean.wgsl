// mean: out[0] = the mean of x, (count). LANES invocations. Needs lib/grid.wgsl, lib/rows.wgsl and lib/scalar.wgsl.

struct Dims { count: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(LANES * ROWS)
fn mean(@builtin(local_invocation_index) local: u32) {
  let row = row_index(0u, local, 1u);
  var sum = 0.0;
  for (var i = row.lane; i < dims.count; i += LANES) { sum += x[i]; }
  let whole = row_sum(sum, row.lane);
  if (row.inside && row.lane == 0u) { out[0] = whole / f32(dims.count); }
}
