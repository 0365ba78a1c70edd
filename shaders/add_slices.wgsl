// The sum of the slices of a matrix product, which workgroups made apart: y[i] = sum over s of slices[s, i], plus a bias, or added to y.
// slices: (count, rows, cols), y: (rows, cols), bias: (cols). The slices are added in order, so that a run repeats bit for bit.
// One invocation per Value. values: rows x cols in Values; across: cols in Values. Needs lib/grid.wgsl and lib/vec4.wgsl.

const SIZE = 64u;  // invocations per workgroup

struct Dims { count: u32, values: u32, across: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override BIAS: bool = false;
override ACCUMULATE: bool = false;

@group(0) @binding(0) var<storage, read> slices: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;  // unused if BIAS is false: any buffer
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(SIZE)
fn add(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * SIZE + lane;
  if (i >= dims.values) { return; }
  var sum = slices[i];
  for (var s = 1u; s < dims.count; s++) { sum += slices[s * dims.values + i]; }
  if (BIAS) { sum += bias[i % dims.across]; }
  if (ACCUMULATE) { sum += y[i]; }
  y[i] = sum;
}
