// Softcap of scores (Gemma 2): cap tanh(score / cap), and its slope from its result. A cap of 0 means none. The argument of tanh is clamped so that
// exp cannot overflow; beyond +-15 tanh is +-1 in f32.

fn capped(score: vec4f, cap: f32) -> vec4f {
  if (cap == 0.0) { return score; }
  return cap * tanh(clamp(score / cap, vec4f(-15.0), vec4f(15.0)));
}

fn cap_slope(result: vec4f, cap: f32) -> vec4f {
  if (cap == 0.0) { return vec4f(1.0); }
  let share = result / cap;
  return 1.0 - share * share;
}
