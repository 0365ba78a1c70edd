// Memory bandwidth: copies a buffer, 16 bytes per invocation, with a little arithmetic so that the copy is a kernel's.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(256)
fn copy(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * counts.x) * 256u + local;
  if (i < arrayLength(&x)) { y[i] = x[i] + 1.0; }
}
