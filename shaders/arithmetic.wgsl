// Elementwise arithmetic for the residual stream and for gradients.
//   add: y = a + b        add_into: acc += a        copy_into: acc = a        scale_in_place: acc *= factor[0]        fill: acc = value
//   cap_in_place: acc = value tanh(acc / value), the argument clamped to +-15, where tanh is +-1 in f32
//   sum_parts: y[i] = sum over p of part_sums[p, i], plus rest[i] if `more`. part_sums: (parts, 4 stride)
// One invocation per vec4, since loads cost the most on software adapters. Bindings end on 16 bytes, so a last partial vec4 is
// computed in full. Needs lib/grid.wgsl.

const SIZE = 256u;  // invocations per workgroup

struct Dims { quads: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

fn index_of(group: vec3u, counts: vec3u, lane: u32) -> u32 {
  return flat_workgroup(group, counts) * SIZE + lane;
}

@compute @workgroup_size(SIZE)
fn add(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = index_of(group, counts, lane);
  if (i < dims.quads) { y[i] = a[i] + b[i]; }
}

@group(0) @binding(1) var<storage, read_write> acc: array<vec4f>;

@compute @workgroup_size(SIZE)
fn add_into(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = index_of(group, counts, lane);
  if (i < dims.quads) { acc[i] += a[i]; }
}

@compute @workgroup_size(SIZE)
fn copy_into(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = index_of(group, counts, lane);
  if (i < dims.quads) { acc[i] = a[i]; }
}

@group(0) @binding(0) var<storage, read> factor: array<f32>;

@compute @workgroup_size(SIZE)
fn scale_in_place(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = index_of(group, counts, lane);
  if (i < dims.quads) { acc[i] *= factor[0]; }
}

struct Fill { quads: u32, value: f32 }
@group(1) @binding(0) var<uniform> fill_dims: Fill;
@group(0) @binding(0) var<storage, read_write> filled: array<vec4f>;

@compute @workgroup_size(SIZE)
fn fill(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = index_of(group, counts, lane);
  if (i < fill_dims.quads) { filled[i] = vec4f(fill_dims.value); }
}

@compute @workgroup_size(SIZE)
fn cap_in_place(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = index_of(group, counts, lane);
  if (i >= fill_dims.quads) { return; }
  filled[i] = fill_dims.value * tanh(clamp(filled[i] / fill_dims.value, vec4f(-15.0), vec4f(15.0)));
}

struct Parts { quads: u32, parts: u32, stride: u32, more: u32 }
@group(1) @binding(0) var<uniform> part_dims: Parts;
@group(0) @binding(0) var<storage, read> part_sums: array<vec4f>;
@group(0) @binding(1) var<storage, read> rest: array<vec4f>;

@compute @workgroup_size(SIZE)
fn sum_parts(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = index_of(group, counts, lane);
  if (i >= part_dims.quads) { return; }
  var sum = vec4f();
  for (var p = 0u; p < part_dims.parts; p++) { sum += part_sums[p * part_dims.stride + i]; }
  if (part_dims.more != 0u) { sum += rest[i]; }
  y[i] = sum;
}
