// The last layer of the hypernetwork: gate j of vector v has logit = weight[j] . h[v]. h: (vectors, C), weight: (flat gates, C), logits: (flat gates);
// padding gates get 0. C is a multiple of 4, `quads` = C / 4.
//   dweight[j] = dlogit[j] * h[v]        dh[v] = sum over the gates j of v of dlogit[j] * weight[j]
// forward: one workgroup a tile of 64 gates, one invocation a gate. Needs lib/grid.wgsl and lib/gate_tiles.wgsl.

struct Dims { tiles: u32, quads: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> h: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> tiles: array<GateTile>;
@group(0) @binding(3) var<storage, read_write> logits: array<f32>;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = flat_workgroup(group, counts);
  if (tile >= dims.tiles) { return; }
  let gate = tile * 64u + lane;
  let from_h = tiles[tile].vector * dims.quads;
  let from_weight = gate * dims.quads;
  var sums = vec4f();
  for (var q = 0u; q < dims.quads; q++) { sums += weight[from_weight + q] * h[from_h + q]; }
  logits[gate] = select(0.0, dot(sums, vec4f(1.0)), lane < tiles[tile].gates);
}

@group(0) @binding(0) var<storage, read> dlogits: array<f32>;
@group(0) @binding(1) var<storage, read> h_saved: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dweight: array<vec4f>;

// One workgroup a tile; a lane owns one quad of columns and every second gate, so that rows are written whole.
@compute @workgroup_size(64)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = flat_workgroup(group, counts);
  if (tile >= dims.tiles) { return; }
  let gates = tiles[tile].gates;
  for (var q = lane % 32u; q < dims.quads; q += 32u) {
    let value = h_saved[tiles[tile].vector * dims.quads + q];
    for (var i = lane / 32u; i < 64u; i += 2u) {
      let gate = tile * 64u + i;
      dweight[gate * dims.quads + q] = select(0.0, dlogits[gate], i < gates) * value;
    }
  }
}

@group(0) @binding(3) var<storage, read_write> parts: array<vec4f>;

// The share of dh that comes from one tile, parts: (tiles, C); tile_sums.wgsl adds them up. One workgroup a tile, a lane owns one quad of columns.
@compute @workgroup_size(32)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = flat_workgroup(group, counts);
  if (tile >= dims.tiles) { return; }
  let first = tile * 64u;
  let end = first + tiles[tile].gates;
  for (var q = lane; q < dims.quads; q += 32u) {
    var sum = vec4f();
    for (var gate = first; gate < end; gate++) { sum += dlogits[gate] * weight[gate * dims.quads + q]; }
    parts[tile * dims.quads + q] = sum;
  }
}
