// The MLP's activation a.
//   plain: y = a(x)         glu: y = a(g) * u, from rows g|u of 2 * cols columns
//   plain_backward: dx = dy * a'(x)         glu_backward: dg = dy * u * a'(g) and du = dy * a(g), packed as dg|du
// y, dy: (rows, cols). ACT selects a: 0 silu, 1 relu, 2 gelu by tanh, 3 gelu by erf.
// One invocation per column and BLOCK rows. cols counts Values.
// Needs lib/erf.wgsl and lib/scalar.wgsl or lib/vec4.wgsl.

struct Dims { rows: u32, cols: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;
override BLOCK: u32 = 1u;
override ACT: u32 = 0u;

/// a(g) and a'(g). The backward kernels need both, and most of the work is shared.
struct Curve { value: Value, slope: Value }

/// The logistic function. Beyond +-80 it equals its limits in f32, and exp could overflow.
fn logistic(g: Value) -> Value {
  return 1.0 / (1.0 + exp(-clamp(g, Value(-80.0), Value(80.0))));
}

fn erf_of(v: Value) -> Value {
  return assemble(erf(component(v, 0u)), erf(component(v, 1u)), erf(component(v, 2u)), erf(component(v, 3u)));
}

fn curve(g: Value) -> Curve {
  if (ACT == 0u) {
    let s = logistic(g);
    return Curve(g * s, s * fma(g, 1.0 - s, Value(1.0)));
  }
  if (ACT == 1u) { return Curve(max(g, Value(0.0)), select(Value(0.0), Value(1.0), g > Value(0.0))); }
  let near = clamp(g, Value(-20.0), Value(20.0));
  let square = near * near;
  if (ACT == 2u) {
    // 0.5 (1 + tanh(v)) = logistic(2 v), with v = sqrt(2 / pi) (g + 0.044715 g^3)
    let s = logistic(1.5957691 * near * fma(Value(0.044715), square, Value(1.0)));
    return Curve(g * s, fma(near * s * (1.0 - s) * 1.5957691, fma(Value(0.134145), square, Value(1.0)), s));
  }
  let below = 0.5 + 0.5 * erf_of(near * 0.70710678);
  return Curve(g * below, fma(near * 0.39894228, exp(-0.5 * min(square, Value(160.0))), below));
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> y: array<Value>;

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

@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read_write> dx: array<Value>;

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
