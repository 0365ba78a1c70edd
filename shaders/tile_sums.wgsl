// The second half of a sum over the gates of each vector: adds the sums that another kernel made for each tile of the flat buffer.
//   sums[v, c] = sum over the tiles t of vector v of parts[t, c]. parts: (tiles, cols); sums: (vectors, cols)
// One invocation per sum. Needs lib/grid.wgsl and lib/gate_tiles.wgsl.

const SIZE = 64u;  // invocations per workgroup

struct Dims { vectors: u32, cols: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read> bounds: array<vec2u>;  // first flat gate and number of gates of each vector
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * SIZE + lane;
  if (i >= dims.vectors * dims.cols) { return; }
  let bound = bounds[i / dims.cols];
  let first = bound.x / GATE_TILE;
  let end = first + (bound.y + GATE_TILE - 1u) / GATE_TILE;
  var sum = 0.0;
  for (var tile = first; tile < end; tile++) { sum += parts[tile * dims.cols + i % dims.cols]; }
  sums[i] = sum;
}
