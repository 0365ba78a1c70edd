// Elementwise arithmetic that the tape and the residual stream need; four elements an invocation. Needs lib/grid.wgsl.
//   add: y = a + b        add_into: acc += a        copy: acc = a        scale: acc *= factor[0]        fill: acc = value
// Loads are what this costs on a software adapter, so all go by vec4f. A tail is computed whole: ranges end on 16 bytes.

struct Dims { quads: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

fn index_of(group: vec3u, counts: vec3u, lane: u32) -> u32 {
  return flat_workgroup(group, counts) * 256u + lane;
}

@compute @workgroup_size(256)
fn add(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = index_of(group, counts, lane);
  if (i < dims.quads) { y[i] = a[i] + b[i]; }
}

@group(0) @binding(1) var<storage, read_write> acc: array<vec4f>;

@compute @workgroup_size(256)
fn add_into(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = index_of(group, counts, lane);
  if (i < dims.quads) { acc[i] += a[i]; }
}

@compute @workgroup_size(256)
fn copy(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = index_of(group, counts, lane);
  if (i < dims.quads) { acc[i] = a[i]; }
}

@group(0) @binding(0) var<storage, read> factor: array<f32>;

@compute @workgroup_size(256)
fn scale(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = index_of(group, counts, lane);
  if (i < dims.quads) { acc[i] *= factor[0]; }
}

struct Fill { quads: u32, value: f32 }
@group(1) @binding(0) var<uniform> fill_dims: Fill;
@group(0) @binding(0) var<storage, read_write> filled: array<vec4f>;

@compute @workgroup_size(256)
fn fill(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = index_of(group, counts, lane);
  if (i < fill_dims.quads) { filled[i] = vec4f(fill_dims.value); }
}
