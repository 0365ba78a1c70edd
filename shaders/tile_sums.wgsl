// Sums over each vector's tiles of the flat gate buffer: out[v, c] = sum over the tiles t of v of parts[t, c]. parts: (tiles, cols), out: (vectors, cols).
// The second half of a sum over gates, of which the first is one sum a tile. One invocation an output. Needs lib/grid.wgsl.

struct Dims { vectors: u32, cols: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read> bounds: array<vec2u>; // first flat gate and number of gates of each vector
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * 64u + lane;
  if (i >= dims.vectors * dims.cols) { return; }
  let bound = bounds[i / dims.cols];
  let first = bound.x / 64u;
  let end = first + (bound.y + 63u) / 64u;
  var sum = 0.0;
  for (var tile = first; tile < end; tile++) { sum += parts[tile * dims.cols + i % dims.cols]; }
  sums[i] = sum;
}
