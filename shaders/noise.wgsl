// Uniform noise for every gate of the flat buffer: u = hash(seed, step, draw, vector, index in the vector), in (0, 1).
// Padding gates get noise too, which is never read. One workgroup per tile of gates.
// Needs lib/grid.wgsl, lib/gate_tiles.wgsl, lib/step_state.wgsl and lib/noise.wgsl.

struct Dims { tiles: u32, draw: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> tiles: array<GateTile>;
@group(0) @binding(1) var<storage, read> state: StepState;
@group(0) @binding(2) var<storage, read_write> u: array<f32>;

@compute @workgroup_size(GATE_TILE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = flat_workgroup(group, counts);
  if (tile >= dims.tiles) { return; }
  u[tile * GATE_TILE + lane] = noise(state.seed, state.step, dims.draw, tiles[tile].vector, tiles[tile].first + lane);
}
