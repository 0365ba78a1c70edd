// AdamW in place over flat parameters (Loshchilov and Hutter 2019, in torch.optim.AdamW's order), with t = step + 1:
// and lr times the step state's rate:
//   p *= 1 - lr wd;  m += (g - m)(1 - b1);  v = b2 v + (1 - b2) g^2;  p -= lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
// One workgroup updates QUADS vec4s. Bindings end on 16 bytes, so a last partial vec4 is updated in full.
// Needs lib/grid.wgsl and lib/step_state.wgsl.

const SIZE = 64u;     // invocations per workgroup
const QUADS = 1024u;  // vec4s per workgroup

struct Recipe {
  count: u32,
  decay: f32,         // lr wd
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

/// 1 - b^t, computed as -expm1(t ln b): for small t the difference 1 - 0.999^t would lose most of its digits.
fn bias_correction(log_beta: f32) -> f32 {
  let y = f32(state.step + 1u) * log_beta;
  if (y < -0.3) { return 1.0 - exp(y); }
  return -y * (1.0 + y / 2.0 * (1.0 + y / 3.0 * (1.0 + y / 4.0 * (1.0 + y / 5.0 * (1.0 + y / 6.0)))));
}

@compute @workgroup_size(SIZE)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let start = flat_workgroup(group, counts) * QUADS;
  let decay = 1.0 - state.rate * recipe.decay;
  let rate = state.rate * recipe.lr / bias_correction(recipe.log_beta1);
  let root = inverseSqrt(bias_correction(recipe.log_beta2));
  let end = min(start + QUADS, (recipe.count + 3u) / 4u);
  for (var i = start + lane; i < end; i += SIZE) {
    let g = grad[i];
    let m_old = m[i];
    let m_new = m_old + (g - m_old) * recipe.weight1;
    let v_new = recipe.beta2 * v[i] + recipe.weight2 * g * g;
    m[i] = m_new;
    v[i] = v_new;
    theta[i] = decay * theta[i] - rate * m_new / (sqrt(v_new) * root + recipe.eps);
  }
}
