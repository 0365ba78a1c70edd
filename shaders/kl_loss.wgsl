// Forward KL divergence from a teacher to a student, token by token: KL[t] = sum over v of p[t, v] (ln p[t, v] - ln q[t, v]), where p is the
// softmax of the teacher's logits and q that of the student's. Logits arrive in pieces: `count` rows from row `first` of T = `rows` on, and of
// the vocabulary the part that starts at `column` and is `cols` Values wide. Parts must come in order, starting with column 0.
//   log_sums: sums[t] = (largest logit, ln of the sum of exp(logit - largest)) over the parts so far. LANES invocations per row
//   divergences: adds the part's share to kl[t], and replaces the student's logits with their gradient (q - p) / T. Needs the sums of all
//     parts. LANES invocations per row
//   mean: loss[0] = sum of kl / T. LANES invocations
// Needs lib/grid.wgsl, lib/rows.wgsl and lib/scalar.wgsl or lib/vec4.wgsl.

struct Dims { rows: u32, cols: u32, first: u32, count: u32, column: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> logits: array<Value>;
@group(0) @binding(1) var<storage, read_write> sums: array<vec2f>;

@compute @workgroup_size(LANES * ROWS)
fn log_sums(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.count);
  let t = dims.first + row.clamped;
  let start = row.clamped * dims.cols;
  var most = Value(-3.4e38);
  for (var c = row.lane; c < dims.cols; c += LANES) { most = max(most, logits[start + c]); }
  let top = row_max(largest(most), row.lane);
  var sum = Value(0.0);
  for (var c = row.lane; c < dims.cols; c += LANES) { sum += exp(logits[start + c] - top); }
  let whole = row_sum(total(sum), row.lane);
  if (row.inside && row.lane == 0u) {
    var now = vec2f(top, log(whole));
    if (dims.column > 0u) { now = joined(sums[t], now); }
    sums[t] = now;
  }
}

fn joined(a: vec2f, b: vec2f) -> vec2f {
  let top = max(a.x, b.x);
  return vec2f(top, log(exp(a.y + (a.x - top)) + exp(b.y + (b.x - top))));
}

@group(0) @binding(0) var<storage, read> teacher: array<Value>;
@group(0) @binding(1) var<storage, read> teacher_sums: array<vec2f>;
@group(0) @binding(2) var<storage, read> student_sums: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> student: array<Value>;
@group(0) @binding(4) var<storage, read_write> kl: array<f32>;

@compute @workgroup_size(LANES * ROWS)
fn divergences(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.count);
  let t = dims.first + row.clamped;
  let start = row.clamped * dims.cols;
  let base_p = teacher_sums[t];
  let base_q = student_sums[t];
  let scale = 1.0 / f32(dims.rows);
  var sum = Value(0.0);
  // Invocations past the last row repeat it, but must not write: its own invocation would then read gradients instead of logits.
  for (var c = row.lane; c < dims.cols && row.inside; c += LANES) {
    let ln_p = teacher[start + c] - base_p.x - base_p.y;
    let ln_q = student[start + c] - base_q.x - base_q.y;
    let p = exp(ln_p);
    sum += p * (ln_p - ln_q);
    student[start + c] = scale * (exp(ln_q) - p);
  }
  let whole = row_sum(total(sum), row.lane);
  if (row.inside && row.lane == 0u) { kl[t] = select(kl[t], 0.0, dims.column == 0u) + whole; }
}

struct Mean { rows: u32 }
@group(1) @binding(0) var<uniform> mean_dims: Mean;
@group(0) @binding(0) var<storage, read> by_token: array<f32>;
@group(0) @binding(1) var<storage, read_write> loss: array<f32>;

@compute @workgroup_size(LANES * ROWS)
fn mean(@builtin(local_invocation_index) local: u32) {
  let row = row_index(0u, local, 1u);
  var sum = 0.0;
  for (var t = row.lane; t < mean_dims.rows; t += LANES) { sum += by_token[t]; }
  let whole = row_sum(sum, row.lane);
  if (row.inside && row.lane == 0u) { loss[0] = whole / f32(mean_dims.rows); }
}
