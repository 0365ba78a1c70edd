// Zeroes weights that are not kept, and packs the mask: bit b of bits[i] is keep[32 i + b]. keep: u32 (length), bits: (ceil(length / 32)).
// w: the matrix lies in it from element `first` on. One invocation 32 weights. Needs lib/grid.wgsl.

struct Dims { length: u32, first: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> keep: array<u32>;
@group(0) @binding(1) var<storage, read_write> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> bits: array<u32>;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * 64u + lane;
  if (32u * i >= dims.length) { return; }
  var word = 0u;
  for (var b = 0u; b < min(32u, dims.length - 32u * i); b++) {
    if (keep[32u * i + b] == 0u) { w[dims.first + 32u * i + b] = 0.0; }
    else { word |= 1u << b; }
  }
  bits[i] = word;
}
