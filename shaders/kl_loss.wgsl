// Forward KL divergence from a teacher to a student, token by token: KL[t] = sum over v of p[t, v] (ln p[t, v] - ln q[t, v]), where p is the
// softmax of the teacher's logits and q that of the student's. Logits arrive in pieces: `count` rows from row `first` of T = `rows` on, and of
// the vocabulary the part that starts at `column` and is `cols` Values wide. Parts must come in order, starting with column 0.
//   log_sums: sums[t] = (largest logit, ln of the sum of exp(logit - largest)) over the parts so far. LANES invocations per row
//   top_tokens: tops[t] = (largest logit, its column in the vocabulary) over the parts so far. Of equal logits the first counts. LANES invocations per
//     row
//   divergences: adds the part's share to kl[t], and replaces the student's logits with their gradient (q - p) / T, times the slope 1 - (logit inverse_cap)^2 of a softcap. Needs the sums of all
//     parts. LANES invocations per row
// Needs lib/grid.wgsl, lib/rows.wgsl, lib/scalar.wgsl or lib/vec4.wgsl, and lib/logits.wgsl.

struct Dims { rows: u32, cols: u32, first: u32, count: u32, column: u32, inverse_cap: f32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> logits: array<Value>;
@group(0) @binding(1) var<storage, read_write> sums: array<vec2f>;

@compute @workgroup_size(LANES * ROWS)
fn log_sums(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.count);
  let t = dims.first + row.clamped;
  let start = row.clamped * dims.cols;
  let top = top_of(start, row.lane);
  var sum = Value(0.0);
  for (var c = row.lane; c < dims.cols; c += LANES) { sum += exp(logits[start + c] - top); }
  let whole = row_sum(total(sum), row.lane);
  if (row.inside && row.lane == 0u) {
    var now = vec2f(top, log(whole));
    if (dims.column > 0u) { now = joined(sums[t], now); }
    sums[t] = now;
  }
}

@group(0) @binding(1) var<storage, read_write> tops: array<vec2f>;

@compute @workgroup_size(LANES * ROWS)
fn top_tokens(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.count);
  let t = dims.first + row.clamped;
  let start = row.clamped * dims.cols;
  let top = top_of(start, row.lane);
  // Columns are below 2^24, so they are exact as f32. Negated, because the rows have a maximum but no minimum.
  var column = Value(-3.4e38);
  for (var c = row.lane; c < dims.cols; c += LANES) {
    column = max(column, select(Value(-3.4e38), -Value(columns_of(c)), logits[start + c] == Value(top)));
  }
  let first_column = -row_max(largest(column), row.lane);
  if (row.inside && row.lane == 0u) {
    let now = vec2f(top, first_column + f32(dims.column));
    if (dims.column == 0u || now.x > tops[t].x) { tops[t] = now; }
  }
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
    let share = student[start + c] * dims.inverse_cap;
    student[start + c] = scale * (exp(ln_q) - p) * (1.0 - share * share);
  }
  let whole = row_sum(total(sum), row.lane);
  if (row.inside && row.lane == 0u) { kl[t] = select(kl[t], 0.0, dims.column == 0u) + whole; }
}
