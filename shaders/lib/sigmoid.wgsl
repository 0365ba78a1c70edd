// The logistic function and tanh, kept off the ends of exp: beyond +-80 (+-15 for tanh) f32 cannot tell the result from its limit.

fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0)));
}

fn tanh_clamped(x: f32) -> f32 {
  return tanh(clamp(x, -15.0, 15.0));
}
