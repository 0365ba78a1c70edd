// What changes from step to step, rewritten by the CPU before each one, so that no uniform has to change. This struct is the one
// home of its fields; src/engine/ops/kit/stepState.ts reads their order and types from here.

struct StepState {
  seed: u32, // of the run
  step: u32, // of the training, from 0
  ratio: f32, // p: the share of the block weights to keep
}
