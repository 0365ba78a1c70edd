// Forward of a linear layer for at most ROWS rows (decoding): Y(M,N) = X(M,K) W(N,K)^T + bias. Row-major f32.
// LANES invocations per out feature divide the sum, so that they read a row of W side by side, and each weight once for all rows. Each has
// AHEAD reads under way, because memory answers late.
// One workgroup per FEATURES out features. For graphics cards. The launcher puts the constants ROWS and LANES before it.
// Needs lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl, lib/weight_bits_*.wgsl, lib/linear_forward.wgsl and lib/lanes_subgroup.wgsl or lib/lanes_workgroup.wgsl.

const FEATURES = 4u;
const AHEAD = 4u;

@compute @workgroup_size(FEATURES * LANES)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let k4 = dims.k / 4u;
  let lane = local % LANES;
  let feature = flat_workgroup(group, counts) * FEATURES + local / LANES;
  let weights = min(feature, dims.n - 1u) * k4;

  var sums = array<f32, ROWS>();
  for (var first = lane; first < k4; first += AHEAD * LANES) {
    var bits = array<vec4u, AHEAD>();
    for (var i = 0u; i < AHEAD; i++) { bits[i] = weight_bits(weights + min(first + i * LANES, k4 - 1u)); }
    for (var i = 0u; i < AHEAD; i++) {
      let c = first + i * LANES;
      if (c >= k4) { break; }
      let weight = weight_of(bits[i]);
      for (var r = 0u; r < ROWS; r++) { sums[r] += dot(x[min(r, dims.m - 1u) * k4 + c], weight); }
    }
  }
  let totals = add_lanes(sums, local);
  if (lane > 0u || feature >= dims.n) { return; }
  var added = 0.0;
  if (BIAS) { added = bias_values[feature]; }
  for (var r = 0u; r < min(ROWS, dims.m); r++) { y_values[r * dims.n + feature] = totals[r] + added; }
}
