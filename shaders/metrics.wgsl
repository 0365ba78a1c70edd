// Stores the numbers of a step until the CPU fetches them: ring[step % slots] = (loss, R, kept weights, ratio). One invocation.
// Needs lib/step_state.wgsl.

struct Ring { slots: u32 }
@group(1) @binding(0) var<uniform> dims: Ring;

@group(0) @binding(0) var<storage, read> loss: array<f32>;
@group(0) @binding(1) var<storage, read> penalty: array<f32>;
@group(0) @binding(2) var<storage, read> kept: array<f32>;
@group(0) @binding(3) var<storage, read> state: StepState;
@group(0) @binding(4) var<storage, read_write> ring: array<vec4f>;

@compute @workgroup_size(1)
fn record() {
  ring[state.step % dims.slots] = vec4f(loss[0], penalty[0], kept[0], state.ratio);
}
