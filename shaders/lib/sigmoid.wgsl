// The logistic function and tanh with clamped arguments, so that exp cannot overflow. Beyond +-80 (tanh: +-15) they equal their limits in f32.

fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0)));
}

fn tanh_clamped(x: f32) -> f32 {
  return tanh(clamp(x, -15.0, 15.0));
}
