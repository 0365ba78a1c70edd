// Next-token loss: row t of logits (rows, cols) predicts ids[t + 1]; the last row predicts nothing. rows = T, V = vocabulary.
//   token_losses: nll[t] = ln sum exp(logits[t]) - logits[t, ids[t + 1]], for t < T - 1; LANES invocations a row
//   mean: loss[0] = sum nll / (T - 1); one row of nll is summed as lib/rows.wgsl does
//   backward: dlogits[t] = dloss[0] / (T - 1) * (softmax(logits[t]) - onehot), last row 0; LANES invocations a row
// The log-sum-exp is kept in two parts, largest logit and ln of the sum of exp(logit - largest): added, they would lose digits.
// Needs lib/grid.wgsl, lib/rows.wgsl and lib/scalar.wgsl or lib/vec4.wgsl; cols counts Values.

struct Dims { rows: u32, cols: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> logits: array<Value>;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> nll: array<f32>;
@group(0) @binding(3) var<storage, read_write> lse: array<vec2f>;

@compute @workgroup_size(LANES * ROWS)
fn token_losses(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.rows - 1u);
  let start = row.clamped * dims.cols;
  var most = Value(-3.4e38);
  for (var c = row.lane; c < dims.cols; c += LANES) { most = max(most, logits[start + c]); }
  let top = row_max(largest(most), row.lane);
  // The target's logit is picked out on the way: a Value has no index that a scalar unit could use.
  let target_column = Index(ids[row.clamped + 1u]);
  var sum = Value(0.0);
  var picked = Value(0.0);
  for (var c = row.lane; c < dims.cols; c += LANES) {
    let value = logits[start + c];
    sum += exp(value - top);
    picked += select(Value(0.0), value, columns_of(c) == target_column);
  }
  let whole = row_sum(total(sum), row.lane);
  let target_logit = row_sum(total(picked), row.lane);
  if (row.inside && row.lane == 0u) {
    lse[row.clamped] = vec2f(top, log(whole));
    nll[row.clamped] = log(whole) + (top - target_logit);
  }
}

@group(0) @binding(0) var<storage, read> losses: array<f32>;
@group(0) @binding(1) var<storage, read_write> loss: array<f32>;

@compute @workgroup_size(LANES * ROWS)
fn mean(@builtin(local_invocation_index) local: u32) {
  let row = row_index(0u, local, 1u);
  let count = dims.rows - 1u;
  var sum = 0.0;
  for (var t = row.lane; t < count; t += LANES) { sum += losses[t]; }
  let whole = row_sum(sum, row.lane);
  if (row.inside && row.lane == 0u) { loss[0] = whole / f32(count); }
}

@group(0) @binding(2) var<storage, read> known_lse: array<vec2f>;
@group(0) @binding(3) var<storage, read> dloss: array<f32>;
@group(0) @binding(4) var<storage, read_write> dlogits: array<Value>;

@compute @workgroup_size(LANES * ROWS)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.rows);
  if (!row.inside) { return; }
  let start = row.clamped * dims.cols;
  let predicts = row.clamped < dims.rows - 1u;
  let next = min(row.clamped + 1u, dims.rows - 1u);
  let base = known_lse[min(row.clamped, dims.rows - 2u)];
  let target_column = Index(ids[next]);
  let scale = select(0.0, dloss[0] / f32(dims.rows - 1u), predicts);
  for (var c = row.lane; c < dims.cols; c += LANES) {
    let onehot = select(Value(0.0), Value(1.0), columns_of(c) == target_column);
    // The bound counts in the last row only, which has no sum of its own: 0 * inf would be no number.
    dlogits[start + c] = scale * (exp(min(logits[start + c] - base.x - base.y, Value(0.0))) - onehot);
  }
}
