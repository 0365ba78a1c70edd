// The budget penalty R (METHOD.md 1.4). |s| is the sum of a vector's gates, p the ratio of the step, total = T_total.
//   T = sum over blocks of |s1| s1_cost + |s2| s2_cost + |s4| (ups |s3| + |s5|)        R = |ln(max(T, 1) / (p total))|
//   dR/ds = sign(T - p total) / T * dT/ds, the same for every gate of a vector; 0 where T < 1
// count: one invocation per tile of gates. penalty: one workgroup. backward: one workgroup per tile.
// Needs lib/grid.wgsl, lib/reduce.wgsl, lib/gate_tiles.wgsl and lib/step_state.wgsl.

struct Costs { blocks: u32, tiles: u32, s1_cost: f32, s2_cost: f32, ups: f32, total: f32 }
@group(1) @binding(0) var<uniform> costs: Costs;

@group(0) @binding(0) var<storage, read> gates: array<f32>;
@group(0) @binding(1) var<storage, read> tile_of: array<GateTile>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;

const SIZE = 64u;  // invocations per workgroup of `count`

/// Sums of the gates of each tile.
@compute @workgroup_size(SIZE)
fn count(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = flat_workgroup(group, counts) * SIZE + lane;
  if (tile >= costs.tiles) { return; }
  var sum = 0.0;
  for (var i = 0u; i < tile_of[tile].gates; i++) { sum += gates[tile * GATE_TILE + i]; }
  parts[tile] = sum;
}

@group(0) @binding(0) var<storage, read> tile_counts: array<f32>;
@group(0) @binding(1) var<storage, read> bounds: array<vec2u>;  // first flat gate and number of gates of each vector
@group(0) @binding(2) var<storage, read> state: StepState;
@group(0) @binding(3) var<storage, read_write> counted: array<f32>;  // |s| of each vector
@group(0) @binding(4) var<storage, read_write> penalties: array<f32>;
@group(0) @binding(5) var<storage, read_write> kept: array<f32>;

/// |s| of each vector, one per invocation at a time; then T and R.
@compute @workgroup_size(REDUCE_SIZE)
fn penalty(@builtin(local_invocation_index) lane: u32) {
  for (var vector = lane; vector < 5u * costs.blocks; vector += REDUCE_SIZE) {
    let first = bounds[vector].x / GATE_TILE;
    let end = first + (bounds[vector].y + GATE_TILE - 1u) / GATE_TILE;
    var gates_kept = 0.0;
    for (var tile = first; tile < end; tile++) { gates_kept += tile_counts[tile]; }
    counted[vector] = gates_kept;
  }
  storageBarrier();
  var sum = 0.0;
  for (var block = lane; block < costs.blocks; block += REDUCE_SIZE) {
    let i = 5u * block;
    sum += counted[i] * costs.s1_cost + counted[i + 1u] * costs.s2_cost
      + counted[i + 3u] * (costs.ups * counted[i + 2u] + counted[i + 4u]);
  }
  sum = workgroup_sum(sum, lane);
  if (lane != 0u) { return; }
  kept[0] = sum;
  penalties[0] = abs(log(max(sum, 1.0) / (state.ratio * costs.total)));
}

@group(0) @binding(0) var<storage, read> dpenalty: array<f32>;
@group(0) @binding(1) var<storage, read> counted_saved: array<f32>;
@group(0) @binding(2) var<storage, read> kept_saved: array<f32>;
@group(0) @binding(3) var<storage, read> tiles: array<GateTile>;
@group(0) @binding(4) var<storage, read> state_saved: StepState;
@group(0) @binding(5) var<storage, read_write> dgates: array<f32>;

/// dT/ds for a gate of vector s(k + 1), in the block whose sums start at index i.
fn gate_cost(i: u32, k: u32) -> f32 {
  switch (k) {
    case 0u: { return costs.s1_cost; }
    case 1u: { return costs.s2_cost; }
    case 2u: { return costs.ups * counted_saved[i + 3u]; }
    case 3u: { return costs.ups * counted_saved[i + 2u] + counted_saved[i + 4u]; }
    default: { return counted_saved[i + 3u]; }
  }
}

@compute @workgroup_size(GATE_TILE)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = flat_workgroup(group, counts);
  if (tile >= costs.tiles) { return; }
  let vector = tiles[tile].vector;
  let weights = kept_saved[0];
  var slope = 0.0;
  if (weights >= 1.0) { slope = dpenalty[0] * sign(weights - state_saved.ratio * costs.total) / weights; }
  let cost = gate_cost(vector - vector % 5u, vector % 5u);
  dgates[tile * GATE_TILE + lane] = select(0.0, slope * cost, lane < tiles[tile].gates);
}
