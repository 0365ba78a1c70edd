// Activations a(g) of the MLP.  plain: y = a(x).  glu: y = a(g) * u with g|u packed in a row of 2 * cols. All: (rows, cols) outputs.
// Backward: dx = dy * a'(x);  dg = dy * u * a'(g), du = dy * a(g), packed like the input.
// One invocation a column and BLOCK rows. ACT: 0 silu, 1 relu, 2 gelu by tanh, 3 gelu by erf.
// Needs lib/sigmoid.wgsl and lib/erf.wgsl (and lib/scalar.wgsl, of which it uses nothing).

struct Dims { rows: u32, cols: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;
override BLOCK: u32 = 1u;
override ACT: u32 = 0u;

/// Value and slope, so that the backward kernels, which need both, work out what they share only once.
struct Curve { value: f32, slope: f32 }

fn curve(g: f32) -> Curve {
  if (ACT == 0u) {
    let s = sigmoid(g);
    return Curve(g * s, s * fma(g, 1.0 - s, 1.0));
  }
  if (ACT == 1u) { return Curve(max(g, 0.0), select(0.0, 1.0, g > 0.0)); }
  if (ACT == 2u) {
    // 0.5 (1 + tanh(v)) = sigmoid(2 v), with v = sqrt(2 / pi) (g + 0.044715 g^3)
    let near = clamp(g, -20.0, 20.0);
    let s = sigmoid(1.5957691 * fma(0.044715 * near * near, near, near));
    return Curve(g * s, fma(near * s * (1.0 - s) * 1.5957691, fma(0.134145, near * near, 1.0), s));
  }
  let p = 0.5 + 0.5 * erf(clamp(g * 0.70710678, -10.0, 10.0));
  return Curve(g * p, fma(clamp(g, -20.0, 20.0) * 0.39894228, exp(-0.5 * min(g * g, 160.0)), p));
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(SIZE)
fn plain(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    let i = row * dims.cols + id.x;
    y[i] = curve(x[i]).value;
  }
}

@compute @workgroup_size(SIZE)
fn glu(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    let i = 2u * row * dims.cols + id.x;
    y[row * dims.cols + id.x] = curve(x[i]).value * x[i + dims.cols];
  }
}

@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(SIZE)
fn plain_backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    let i = row * dims.cols + id.x;
    dx[i] = dy[i] * curve(x[i]).slope;
  }
}

@compute @workgroup_size(SIZE)
fn glu_backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    let i = 2u * row * dims.cols + id.x;
    let grad = dy[row * dims.cols + id.x];
    let at_gate = curve(x[i]);
    dx[i] = grad * x[i + dims.cols] * at_gate.slope;
    dx[i + dims.cols] = grad * at_gate.value;
  }
}
