// The number of a workgroup in a dispatch that may be folded over x and y, as `groupsFor` of ops/kit/launch.ts does above 65,535 workgroups.

fn flat_workgroup(group: vec3u, counts: vec3u) -> u32 {
  return group.x + group.y * counts.x;
}
