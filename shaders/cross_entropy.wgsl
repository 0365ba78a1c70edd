// Next-token loss. Row t predicts ids[t + 1] of `rows` ids; a last row without a next id predicts nothing. The logits arrive in pieces: rows
// `first` to `first + count`, and of the vocabulary the part that starts at `column` and is `cols` Values wide. Parts must come in order,
// starting with column 0.
//   token_losses: sums[t] = (largest logit, ln of the sum of exp(logit - largest), logit of the target) over the parts so far;
//     nll[t] = ln sum exp(logits[t]) - logits[t, ids[t + 1]], complete after the last part. LANES invocations per row
//   gradients: replaces logits[t] with (softmax(logits[t]) - onehot) / (rows - 1), a row without a next id with 0; of logits that
//     are softly capped, times the slope of the cap, 1 - (logit inverse_cap)^2. LANES invocations per row
// Needs lib/grid.wgsl, lib/rows.wgsl, lib/scalar.wgsl or lib/vec4.wgsl, and lib/logits.wgsl.

struct Dims { rows: u32, cols: u32, first: u32, count: u32, column: u32, inverse_cap: f32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> logits: array<Value>;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> nll: array<f32>;

/// The column that row t predicts, relative to this part. Out of the part's range (or wrapped around) if another part has it.
fn target_of(t: u32) -> Index { return Index(ids[min(t + 1u, dims.rows - 1u)] - dims.column); }

@compute @workgroup_size(LANES * ROWS)
fn token_losses(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.count);
  let t = dims.first + row.clamped;
  let start = row.clamped * dims.cols;
  let top = top_of(start, row.lane);
  // The target's logit is picked by comparing column numbers, which works for scalar and for vec4 Values.
  let target_column = target_of(t);
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
    var now = vec4f(top, log(whole), target_logit, 0.0);
    if (dims.column > 0u) { now = vec4f(joined(sums[t].xy, now.xy), sums[t].z + now.z, 0.0); }
    sums[t] = now;
    if (t + 1u < dims.rows) { nll[t] = now.y + (now.x - now.z); }
  }
}

@group(0) @binding(0) var<storage, read> known: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dlogits: array<Value>;

@compute @workgroup_size(LANES * ROWS)
fn gradients(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.count);
  if (!row.inside) { return; }
  let t = dims.first + row.clamped;
  let start = row.clamped * dims.cols;
  let base = known[t];
  let target_column = target_of(t);
  let scale = select(0.0, 1.0 / f32(dims.rows - 1u), t + 1u < dims.rows);
  for (var c = row.lane; c < dims.cols; c += LANES) {
    let onehot = select(Value(0.0), Value(1.0), columns_of(c) == target_column);
    let logit = dlogits[start + c];
    let share = logit * dims.inverse_cap;
    dlogits[start + c] = scale * (exp(logit - base.x - base.y) - onehot) * (1.0 - share * share);
  }
}
