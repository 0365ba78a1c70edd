// Backward of add_norm/forward.wgsl, with w and b frozen. With v = (sum - mean) * r and g = dout * w * enter:
//   dx = dsum + r * (g - mean(g) - v * mean(g * v)), for RMSNorm without mean(g); dy = dx * leave
//   d leave = sum over rows of dx * y        d enter = sum over rows of dout * (v * w + b)
// BRANCH: whether there is a y. dx and dy are stored in `gradients`, dy from dims.branch on; without a branch only dx.
// ADDS: whether there is a dsum. SUMS: whether the gates need gradients: one sum per block of `each` rows, from columns leave_first and
// enter_first on of `sums`, (blocks, stride), which start as zeros. One workgroup per block: it makes the statistics of ROWS rows at a time
// with LANES invocations each, and then has one invocation per column. cols and offsets count Values. Needs lib/grid.wgsl and lib/scalar.wgsl or lib/vec4.wgsl.

override CENTRED = false;
override BRANCH = false;
override LEAVES = false;
override ENTERS = false;
override ADDS = false;
override SUMS = false;
override LANES: u32 = 32u;
override ROWS: u32 = 8u;

struct Dims {
  rows: u32, cols: u32, each: u32, eps: f32, bias: u32, leave: u32, enter: u32,
  branch: u32, leave_first: u32, enter_first: u32, stride: u32,
}
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> dout: array<Value>;
@group(0) @binding(1) var<storage, read> sum: array<Value>;
@group(0) @binding(2) var<storage, read> affine: array<Value>;
@group(0) @binding(3) var<storage, read> gates: array<Value>;  // not read without gates
@group(0) @binding(4) var<storage, read> y: array<Value>;      // not read without BRANCH
@group(0) @binding(5) var<storage, read> dsum: array<Value>;   // not read without ADDS
@group(0) @binding(6) var<storage, read_write> gradients: array<Value>;
@group(0) @binding(7) var<storage, read_write> sums: array<Value>;  // not written without SUMS

/// Of a row: mean, r, mean(g), mean(g * v).
var<workgroup> row_statistics: array<vec4f, 16>;  // ROWS at most
var<workgroup> scratch: array<f32, 256>;          // LANES * ROWS at most

/// The sum over the lanes of a row; every invocation must call it.
fn lanes_sum(value: f32, local: u32) -> f32 {
  if (LANES == 1u) { return value; }
  let lane = local % LANES;
  workgroupBarrier();
  scratch[local] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { scratch[local] += scratch[local + half]; }
  }
  workgroupBarrier();
  return scratch[local - lane];
}

/// w * enter of a column.
fn slope_of(c: u32) -> Value {
  if (ENTERS) { return affine[c] * gates[dims.enter + c]; }
  return affine[c];
}

/// Puts the statistics of ROWS rows from `first` on into row_statistics; rows past the end get those of the last.
fn find_statistics(first: u32, local: u32) {
  let start = min(first + local / LANES, dims.rows - 1u) * dims.cols;
  let cols = f32(dims.cols * WIDTH);
  var mean = 0.0;
  if (CENTRED) {
    var values = Value(0.0);
    for (var c = local % LANES; c < dims.cols; c += LANES) { values += sum[start + c]; }
    mean = lanes_sum(total(values), local) / cols;
  }
  var squares = Value(0.0);
  var slopes = Value(0.0);
  var products = Value(0.0);
  for (var c = local % LANES; c < dims.cols; c += LANES) {
    let away = sum[start + c] - mean;
    let g = dout[start + c] * slope_of(c);
    squares = fma(away, away, squares);
    slopes += g;
    products = fma(g, away, products);
  }
  let r = inverseSqrt(lanes_sum(total(squares), local) / cols + dims.eps);
  let mean_gv = r * lanes_sum(total(products), local) / cols;
  var mean_g = 0.0;
  if (CENTRED) { mean_g = lanes_sum(total(slopes), local) / cols; }
  workgroupBarrier();
  if (local % LANES == 0u) { row_statistics[local / LANES] = vec4f(mean, r, mean_g, mean_gv); }
  workgroupBarrier();
}

struct Element { v: Value, dout: Value, dx: Value }

/// One element, without what dsum adds.
fn element(row: u32, i: u32, slope: Value) -> Element {
  let stat = row_statistics[row];
  let v = (sum[i] - stat.x) * stat.y;
  let grad = dout[i];
  return Element(v, grad, stat.y * (grad * slope - stat.z - v * stat.w));
}

/// d enter of a column, from the sums over rows of dout * v and of dout.
fn enter_sum(c: u32, with_v: Value, alone: Value) -> Value {
  var result = with_v * affine[c];
  if (CENTRED) { result += alone * affine[dims.bias + c]; }
  return result;
}

@compute @workgroup_size(LANES * ROWS)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let block = flat_workgroup(group, counts);
  let begin = block * dims.each;
  let end = min(begin + dims.each, dims.rows);
  for (var first = begin; first < end; first += ROWS) {
    find_statistics(first, local);
    for (var c = local; c < dims.cols; c += LANES * ROWS) {
      let slope = slope_of(c);
      var leave = Value(1.0);
      if (LEAVES) { leave = gates[dims.leave + c]; }
      var d_leave = Value(0.0);
      var d_enter = Value(0.0);
      var grads = Value(0.0);
      for (var row = 0u; row < min(ROWS, end - first); row++) {
        let i = (first + row) * dims.cols + c;
        let at = element(row, i, slope);
        var dx = at.dx;
        if (ADDS) { dx += dsum[i]; }
        gradients[i] = dx;
        if (BRANCH) { gradients[dims.branch + i] = dx * leave; }
        if (SUMS) {
          if (LEAVES) { d_leave = fma(dx, y[i], d_leave); }
          d_enter = fma(at.dout, at.v, d_enter);
          grads += at.dout;
        }
      }
      if (SUMS) {
        let to = block * dims.stride + c;
        if (LEAVES) { sums[to + dims.leave_first] += d_leave; }
        if (ENTERS) { sums[to + dims.enter_first] += enter_sum(c, d_enter, grads); }
      }
    }
  }
}
