// Exact GELU (Hendrycks and Gimpel 2016): x P(x) with the normal distribution P(x) = (1 + erf(x / sqrt 2)) / 2. Needs lib/erf.wgsl.

fn normal_distribution(value: f32) -> f32 {
  return 0.5 * (1.0 + erf(value * 0.70710678));
}

fn gelu(value: f32) -> f32 { return value * normal_distribution(value); }

/// Its derivative.
fn gelu_slope(value: f32) -> f32 {
  let density = 0.39894228 * exp(-0.5 * value * value);
  return normal_distribution(value) + value * density;
}
