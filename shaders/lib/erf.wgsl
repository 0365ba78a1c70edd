// The error function, which WGSL does not have. For |x| < 1 it is an odd polynomial, otherwise the form of Abramowitz and Stegun 7.1.25:
// erf(x) = 1 - (a1 t + a2 t^2 + ...) exp(-x^2) with t = 1 / (1 + p x). The coefficients were fitted for this file (minimax, by
// reweighted least squares). In f32 the largest absolute error is 1.3e-7.

fn erf(value: f32) -> f32 {
  let a = abs(value);
  let q = a * a;
  let odd = ((((-0.00056601415 * q + 0.0049247858) * q - 0.026717704) * q + 0.11280411) * q - 0.37612355) * q + 1.1283791;
  let t = 1.0 / (1.0 + 0.7 * a);
  let tail = (((-0.28684583 * t + 0.56027675) * t + 0.32045949) * t + 0.40290421) * t;
  return sign(value) * select(1.0 - tail * exp(-q), a * odd, a < 1.0);
}
