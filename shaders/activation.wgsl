// The MLP's activation a, times gates m on its columns (METHOD.md 1.1).
//   plain: y = a(x) m^TIMES         glu: y = a(g) * u * m^TIMES, from rows g|u of 2 * cols columns
//   plain_backward: dx = dy * a'(x) m^TIMES
//   glu_backward: dg = dy * u * a'(g) m^TIMES and du = dy * a(g) m^TIMES, packed as dg|du
//   plain_sums, glu_sums: also the gradient of m, summed over each block of `each` rows: columns first to first + cols of sums, (blocks, stride)
// y, dy: (rows, cols); gates m: (cols). TIMES: 0 without gates, 2 for gates that multiply twice. ACT selects a: 0 silu, 1 relu,
// 2 gelu by tanh, 3 gelu by erf. One invocation per column and BLOCK rows (sums: `each` rows). cols, first and stride count Values.
// Needs lib/erf.wgsl and lib/scalar.wgsl or lib/vec4.wgsl.

struct Dims { rows: u32, cols: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;
override BLOCK: u32 = 1u;
override ACT: u32 = 0u;
override TIMES: u32 = 0u;

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
@group(0) @binding(1) var<storage, read> gates: array<Value>;  // not read without gates
@group(0) @binding(2) var<storage, read_write> y: array<Value>;

/// m^TIMES for a column.
fn factor_of(col: u32) -> Value {
  if (TIMES == 0u) { return Value(1.0); }
  if (TIMES == 2u) { return gates[col] * gates[col]; }
  return gates[col];
}

@compute @workgroup_size(SIZE)
fn plain(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let factor = factor_of(id.x);
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    let i = row * dims.cols + id.x;
    y[i] = curve(x[i]).value * factor;
  }
}

@compute @workgroup_size(SIZE)
fn glu(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let factor = factor_of(id.x);
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    let i = 2u * row * dims.cols + id.x;
    y[row * dims.cols + id.x] = curve(x[i]).value * x[i + dims.cols] * factor;
  }
}

@group(0) @binding(2) var<storage, read> dy: array<Value>;
@group(0) @binding(3) var<storage, read_write> dx: array<Value>;

/// Writes dx of one element; returns dy times what the gate multiplies. cols: of y.
fn plain_element(row: u32, col: u32, cols: u32, factor: Value) -> Value {
  let i = row * cols + col;
  let grad = dy[i];
  let at = curve(x[i]);
  dx[i] = grad * at.slope * factor;
  return grad * at.value;
}

fn glu_element(row: u32, col: u32, cols: u32, factor: Value) -> Value {
  let i = 2u * row * cols + col;
  let grad = dy[row * cols + col];
  let at_gate = curve(x[i]);
  let up = x[i + cols];
  dx[i] = grad * factor * up * at_gate.slope;
  dx[i + cols] = grad * factor * at_gate.value;
  return grad * at_gate.value * up;
}

@compute @workgroup_size(SIZE)
fn plain_backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let factor = factor_of(id.x);
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) { _ = plain_element(row, id.x, dims.cols, factor); }
}

@compute @workgroup_size(SIZE)
fn glu_backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let factor = factor_of(id.x);
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) { _ = glu_element(row, id.x, dims.cols, factor); }
}

struct SumDims { rows: u32, cols: u32, each: u32, first: u32, stride: u32 }
@group(1) @binding(0) var<uniform> sum_dims: SumDims;
@group(0) @binding(4) var<storage, read_write> sums: array<Value>;

/// Stores what a block adds to the gradient of a gate: d(m^TIMES)/dm times the sum.
fn put_sum(block: u32, col: u32, sum: Value) {
  var slope = Value(1.0);
  if (TIMES == 2u) { slope = 2.0 * gates[col]; }
  sums[block * sum_dims.stride + sum_dims.first + col] = sum * slope;
}

@compute @workgroup_size(SIZE)
fn plain_sums(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sum_dims.cols) { return; }
  let factor = factor_of(id.x);
  let end = min((id.y + 1u) * sum_dims.each, sum_dims.rows);
  var sum = Value(0.0);
  for (var row = id.y * sum_dims.each; row < end; row++) { sum += plain_element(row, id.x, sum_dims.cols, factor); }
  put_sum(id.y, id.x, sum);
}

@compute @workgroup_size(SIZE)
fn glu_sums(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sum_dims.cols) { return; }
  let factor = factor_of(id.x);
  let end = min((id.y + 1u) * sum_dims.each, sum_dims.rows);
  var sum = Value(0.0);
  for (var row = id.y * sum_dims.each; row < end; row++) { sum += glu_element(row, id.x, sum_dims.cols, factor); }
  put_sum(id.y, id.x, sum);
}
