// Numbers of workgroups and invocations in a dispatch that may be folded over x and y, as `groupsFor` of ops/kit/launch.ts does above 65,535 workgroups.

fn flat_workgroup(group: vec3u, counts: vec3u) -> u32 {
  return group.x + group.y * counts.x;
}

/// The number of an invocation in its z, for workgroups of `size` invocations.
fn flat_invocation(id: vec3u, counts: vec3u, size: u32) -> u32 {
  return id.x + id.y * counts.x * size;
}
