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
  for (var q = lane % 32u; q < dims.quads; q += 32u) {
    let value = h_saved[tiles[tile].vector * dims.quads + q];
    for (var i = lane / 32u; i < 64u; i += 2u) {
      let gate = tile * 64u + i;
      dweight[gate * dims.quads + q] = select(0.0, dlogits[gate], i < tiles[tile].gates) * value;
    }
  }
}

struct Rows { vectors: u32, quads: u32 }
@group(1) @binding(0) var<uniform> rows: Rows;
@group(0) @binding(2) var<storage, read> bounds: array<vec2u>; // first flat gate and number of gates of each vector
@group(0) @binding(3) var<storage, read_write> dh: array<vec4f>;

var<workgroup> partial: array<vec4f, 256>;

// One workgroup a vector and 32 quads of columns; eight lanes share the gates of one quad.
@compute @workgroup_size(256)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let vector = group.x;
  let q = group.y * 32u + lane % 32u;
  let first = bounds[vector].x;
  let end = first + bounds[vector].y;
  var sum = vec4f();
  if (q < rows.quads) {
    for (var gate = first + lane / 32u; gate < end; gate += 8u) { sum += dlogits[gate] * weight[gate * rows.quads + q]; }
  }
  partial[lane] = sum;
  workgroupBarrier();
  if (lane >= 32u || q >= rows.quads) { return; }
  for (var slice = 1u; slice < 8u; slice++) { sum += partial[slice * 32u + lane]; }
  dh[vector * rows.quads + q] = sum;
}
