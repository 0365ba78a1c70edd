// Copies gates to all their places: all[i] = own[sources[i]], 0 for padding, where sources[i] is the length of `own`, and `fixed` above that.
// Backward: d_own[j] = sum of d_all over the places of gate j, which are bounds[j].y adjacent entries of `places` from bounds[j].x on.
// One invocation per element of the result. Needs lib/grid.wgsl.

const SIZE = 64u;  // invocations per workgroup

struct Dims { own: u32, all: u32, fixed: f32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> own: array<f32>;
@group(0) @binding(1) var<storage, read> sources: array<u32>;
@group(0) @binding(2) var<storage, read_write> all_gates: array<f32>;

@compute @workgroup_size(SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * SIZE + lane;
  if (i >= dims.all) { return; }
  let source = sources[i];
  var value = 0.0;
  if (source < dims.own) { value = own[source]; } else if (source > dims.own) { value = dims.fixed; }
  all_gates[i] = value;
}

@group(0) @binding(0) var<storage, read> d_all: array<f32>;
@group(0) @binding(1) var<storage, read> places: array<u32>;
@group(0) @binding(2) var<storage, read> bounds: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> d_own: array<f32>;

@compute @workgroup_size(SIZE)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let j = flat_workgroup(group, counts) * SIZE + lane;
  if (j >= dims.own) { return; }
  let bound = bounds[j];
  var sum = 0.0;
  for (var k = 0u; k < bound.y; k++) { sum += d_all[places[bound.x + k]]; }
  d_own[j] = sum;
}
