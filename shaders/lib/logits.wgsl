// What losses share that read a row of `logits`, (rows, dims.cols), with LANES invocations. Needs lib/rows.wgsl and lib/scalar.wgsl or
// lib/vec4.wgsl, and from the file after it the binding `logits` and the uniform `dims`.

/// The largest logit of the row that starts at `start`.
fn top_of(start: u32, lane: u32) -> f32 {
  var most = Value(-3.4e38);
  for (var c = lane; c < dims.cols; c += LANES) { most = max(most, logits[start + c]); }
  return row_max(largest(most), lane);
}

/// (largest logit, ln of the sum of exp(logit - largest)) of two parts of a vocabulary together. The two terms stay separate: their sum would
/// lose digits.
fn joined(a: vec2f, b: vec2f) -> vec2f {
  let top = max(a.x, b.x);
  return vec2f(top, log(exp(a.y + (a.x - top)) + exp(b.y + (b.x - top))));
}
