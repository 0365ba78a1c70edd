// Sums over LANES adjacent invocations, which are one subgroup: for adapters whose subgroups all have the same size. The alternative to
// lanes_workgroup.wgsl. The launcher puts `enable subgroups;` first, and the constants ROWS (sums per invocation) and LANES before this.
diagnostic(off, subgroup_uniformity);  // all invocations of the workgroup get here

fn add_lanes(sums: array<f32, ROWS>, local: u32) -> array<f32, ROWS> {
  var totals = array<f32, ROWS>();
  for (var r = 0u; r < ROWS; r++) { totals[r] = subgroupAdd(sums[r]); }
  return totals;
}
