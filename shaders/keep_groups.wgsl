// N:M pruning: of every group of `size` adjacent scores, the `removed` smallest are pruned; of equal scores the earlier one goes first.
// scores: f32, keep: u32 (1 kept, 0 pruned), both (rows, cols). `inner` is the stride within a group: 1 along a row, cols down a column.
// One invocation per group. Needs lib/grid.wgsl.

const SIZE = 64u;  // invocations per workgroup

struct Dims { groups: u32, inner: u32, removed: u32, size: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> scores: array<f32>;
@group(0) @binding(1) var<storage, read_write> keep: array<u32>;

@compute @workgroup_size(SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * SIZE + lane;
  if (i >= dims.groups) { return; }
  let start = i / dims.inner * dims.inner * dims.size + i % dims.inner;
  for (var a = 0u; a < dims.size; a++) {
    let own = scores[start + a * dims.inner];
    var before = 0u;  // scores of the group that are pruned before this one
    for (var b = 0u; b < dims.size; b++) {
      let other = scores[start + b * dims.inner];
      before += u32(other < own || (other == own && b < a));
    }
    keep[start + a * dims.inner] = u32(before >= dims.removed);
  }
}
