// AdamW in place over flat parameters (Loshchilov and Hutter 2019, in torch.optim.AdamW's order), with t = step + 1:
//   p *= 1 - lr wd;  m += (g - m)(1 - b1);  v = b2 v + (1 - b2) g^2;  p -= lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
// A workgroup of 64 does 256 vec4; count is in vec4. Needs lib/grid.wgsl and lib/step_state.wgsl.

struct Recipe {
  count: u32,
  decay: f32,         // 1 - lr wd
  lr: f32,
  eps: f32,
  weight1: f32,       // 1 - b1
  beta2: f32,
  weight2: f32,       // 1 - b2
  log_beta1: f32,
  log_beta2: f32,
}
@group(1) @binding(0) var<uniform> recipe: Recipe;

@group(0) @binding(0) var<storage, read> grad: array<vec4f>;
@group(0) @binding(1) var<storage, read> state: StepState;
@group(0) @binding(2) var<storage, read_write> theta: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> v: array<vec4f>;

// 1 - b^t as -expm1(t ln b): early in a run 1 - 0.999^t would lose its digits.
fn bias_correction(log_beta: f32) -> f32 {
  let y = f32(state.step + 1u) * log_beta;
  if (y < -0.3) { return 1.0 - exp(y); }
  return -y * (1.0 + y / 2.0 * (1.0 + y / 3.0 * (1.0 + y / 4.0 * (1.0 + y / 5.0 * (1.0 + y / 6.0)))));
}

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let start = flat_workgroup(group, counts) * 256u + lane;
  let rate = recipe.lr / bias_correction(recipe.log_beta1);
  let root = inverseSqrt(bias_correction(recipe.log_beta2));
  for (var i = start; i < min(start + 256u - lane, recipe.count); i += 64u) {
    let g = grad[i];
    let m_new = m[i] + (g - m[i]) * recipe.weight1;
    let v_new = recipe.beta2 * v[i] + recipe.weight2 * g * g;
    m[i] = m_new;
    v[i] = v_new;
    theta[i] = recipe.decay * theta[i] - rate * m_new / (sqrt(v_new) * root + recipe.eps);
  }
}
