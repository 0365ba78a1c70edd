// Forward of a linear layer for few rows (decoding): Y(M,N) = X(M,K) W(N,K)^T + bias. Row-major f32.
// LANES invocations per out feature divide the sum, so that they read a row of W side by side and each weight once per ROWS rows.
// Workgroups: FEATURES out features each; dispatch y counts groups of ROWS rows. For graphics cards.
// Needs lib/grid.wgsl, lib/vec4.wgsl, lib/weights_*.wgsl and lib/linear_forward.wgsl.

const ROWS = 4u;
const LANES = 32u;
const FEATURES = 8u;

var<workgroup> lane_sums: array<vec4f, FEATURES * LANES>;  // one component per row

@compute @workgroup_size(FEATURES * LANES)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let k4 = dims.k / 4u;
  let lane = local % LANES;
  let feature = group.x * FEATURES + local / LANES;
  let first = group.y * ROWS;
  let rows = min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), vec4u(dims.m - 1u)) * k4;
  let weights = min(feature, dims.n - 1u) * k4;

  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  for (var c = lane; c < k4; c += LANES) {
    let w = weight_at(weights + c);
    s0 = fma(x[rows.x + c], w, s0);
    s1 = fma(x[rows.y + c], w, s1);
    s2 = fma(x[rows.z + c], w, s2);
    s3 = fma(x[rows.w + c], w, s3);
  }
  lane_sums[local] = vec4f(total(s0), total(s1), total(s2), total(s3));
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { lane_sums[local] += lane_sums[local + half]; }
  }
  if (lane > 0u || feature >= dims.n) { return; }
  var added = 0.0;
  if (BIAS) { added = bias_values[feature]; }
  for (var i = 0u; i < min(ROWS, dims.m - first); i++) { y_values[(first + i) * dims.n + feature] = lane_sums[local][i] + added; }
}
