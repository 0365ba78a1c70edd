// A dispatch of more than 65,535 workgroups is folded over two dimensions (groupsFor in ops/launch.ts); this unfolds it.

fn flat_workgroup(group: vec3u, counts: vec3u) -> u32 {
  return group.x + group.y * counts.x;
}
