// The last layer of the hypernetwork: the logit of gate j of vector v is weight[j] . h[v], and 0 for padding gates.
//   weight_gradient: dweight[j] = dlogits[j] * h[v]        input_gradient: dh[v] = sum over the gates j of v of dlogits[j] * weight[j]
// h: (vectors, C); weight: (flat gates, C); logits: (flat gates). C is a multiple of 4, `quads` = C / 4.
// All: one workgroup per tile of gates. Needs lib/grid.wgsl and lib/gate_tiles.wgsl.

const LANES = 32u;  // invocations that share the columns of one row, a quad each

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

@group(0) @binding(0) var<storage, read> dlogits: array<f32>;
@group(0) @binding(1) var<storage, read> h_saved: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dweight: array<vec4f>;

/// Each invocation writes one quad of columns, for every second gate, so that adjacent invocations write adjacent quads.
@compute @workgroup_size(2u * LANES)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = flat_workgroup(group, counts);
  if (tile >= dims.tiles) { return; }
  let gates = tiles[tile].gates;
  for (var q = lane % LANES; q < dims.quads; q += LANES) {
    let value = h_saved[tiles[tile].vector * dims.quads + q];
    for (var i = lane / LANES; i < GATE_TILE; i += 2u) {
      let gate = tile * GATE_TILE + i;
      dweight[gate * dims.quads + q] = select(0.0, dlogits[gate], i < gates) * value;
    }
  }
}

@group(0) @binding(3) var<storage, read_write> parts: array<vec4f>;

/// What each tile contributes to dh, parts: (tiles, C). tile_sums.wgsl adds the tiles of a vector. Each invocation makes one quad of columns.
@compute @workgroup_size(LANES)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = flat_workgroup(group, counts);
  if (tile >= dims.tiles) { return; }
  let first = tile * GATE_TILE;
  let end = first + tiles[tile].gates;
  for (var q = lane; q < dims.quads; q += LANES) {
    var sum = vec4f();
    for (var gate = first; gate < end; gate++) { sum += dlogits[gate] * weight[gate * dims.quads + q]; }
    parts[tile * dims.quads + q] = sum;
  }
}
