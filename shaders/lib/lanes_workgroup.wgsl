// Sums over LANES adjacent invocations through workgroup memory; the first of them gets the result. The alternative to lanes_subgroup.wgsl.
// The launcher puts the constants ROWS (sums per invocation) and LANES before this; the op's file has FEATURES, the sums of a workgroup.

var<workgroup> lane_sums: array<array<f32, FEATURES * LANES>, ROWS>;

fn add_lanes(sums: array<f32, ROWS>, local: u32) -> array<f32, ROWS> {
  var totals = sums;
  for (var r = 0u; r < ROWS; r++) { lane_sums[r][local] = totals[r]; }
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local % LANES < half) {
      for (var r = 0u; r < ROWS; r++) {
        totals[r] += lane_sums[r][local + half];
        lane_sums[r][local] = totals[r];
      }
    }
  }
  return totals;
}
