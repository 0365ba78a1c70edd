// The last layer of the hypernetwork: the logit of gate j of vector v is weight[j] . h[v], and 0 for padding gates.
//   gradients: dweight[j] = dlogits[j] * h[v], 0 for padding, and dh[v] = sum over the gates j of v of dlogits[j] * weight[j]
// h: (vectors, C); weight: (flat gates, C); logits: (flat gates). C is a multiple of 4, `quads` = C / 4.
// forward: one workgroup per tile of gates. gradients: one per vector. Needs lib/grid.wgsl and lib/gate_tiles.wgsl.

const LANES = 32u;  // invocations that share the columns of one row, a quad each
const MOST_TEAMS = 4u;
override TEAMS: u32 = 4u;  // rows at a time: 1 needs no barrier

struct Dims { tiles: u32, quads: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> h: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> tiles: array<GateTile>;
@group(0) @binding(3) var<storage, read_write> logits: array<f32>;

/// One invocation per gate.
@compute @workgroup_size(GATE_TILE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = flat_workgroup(group, counts);
  if (tile >= dims.tiles) { return; }
  let gate = tile * GATE_TILE + lane;
  let from_h = tiles[tile].vector * dims.quads;
  let from_weight = gate * dims.quads;
  var sums = vec4f();
  for (var q = 0u; q < dims.quads; q++) { sums += weight[from_weight + q] * h[from_h + q]; }
  logits[gate] = select(0.0, dot(sums, vec4f(1.0)), lane < tiles[tile].gates);
}

// The vectors from `first` to `end`; dweight begins at the gate `first_gate`.
struct GradientDims { first: u32, end: u32, first_gate: u32, quads: u32 }
@group(1) @binding(0) var<uniform> gradient_dims: GradientDims;

@group(0) @binding(0) var<storage, read> dlogits: array<f32>;
@group(0) @binding(1) var<storage, read> h_saved: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight_saved: array<vec4f>;
@group(0) @binding(3) var<storage, read> bounds: array<vec2u>;  // first flat gate and number of gates of each vector
@group(0) @binding(4) var<storage, read_write> dh: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dweight: array<vec4f>;

var<workgroup> shares: array<array<vec4f, LANES>, MOST_TEAMS>;

/// One workgroup per vector. Each invocation makes quads of columns, for every TEAMS-th gate of the vector and its padding.
@compute @workgroup_size(TEAMS * LANES)
fn gradients(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let vector = gradient_dims.first + flat_workgroup(group, counts);
  if (vector >= gradient_dims.end) { return; }
  let quads = gradient_dims.quads;
  let bound = bounds[vector];
  let end = bound.x + bound.y;
  let padded = bound.x + (bound.y + GATE_TILE - 1u) / GATE_TILE * GATE_TILE;
  let lane = local % LANES;
  let team = local / LANES;
  for (var first = 0u; first < quads; first += LANES) {
    let q = first + lane;
    let inside = q < quads;
    let value = h_saved[vector * quads + min(q, quads - 1u)];
    var sum = vec4f();
    for (var gate = bound.x + team; gate < select(0u, padded, inside); gate += TEAMS) {
      let slope = select(0.0, dlogits[gate], gate < end);
      let at = gate * quads + q;
      sum += slope * weight_saved[at];
      dweight[at - gradient_dims.first_gate * quads] = slope * value;
    }
    if (TEAMS > 1u) {
      workgroupBarrier();
      shares[team][lane] = sum;
      workgroupBarrier();
      sum = shares[0][lane];
      for (var i = 1u; i < TEAMS; i++) { sum += shares[i][lane]; }
    }
    if (team == 0u && inside) { dh[vector * quads + q] = sum; }
  }
}
