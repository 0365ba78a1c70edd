// Values that change from step to step. The CPU rewrites this buffer before each step, so that no uniform has to change.
// src/engine/ops/kit/stepState.ts reads the order and types of the fields from here.

struct StepState {
  seed: u32,   // of the run
  step: u32,   // training steps before this one
  ratio: f32,  // p, the share of the block weights to keep
  rate: f32,   // what the schedule multiplies the learning rate by; 1 without a schedule
}
