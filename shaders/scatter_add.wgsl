// Adds columns to some of those of another matrix: y[t, c] = residual[t, c] + x[t, places[c]]. A column whose place is past the end of x gets
// none. residual, y: (rows, width); places: (width), distinct; x: (rows, cols). The gradient of x is gather.wgsl's forward.
// One invocation per column of y and BLOCK rows.

struct Dims { rows: u32, cols: u32, width: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;
override BLOCK: u32 = 1u;

@group(0) @binding(0) var<storage, read> residual: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> places: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(SIZE)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.width) { return; }
  let place = places[id.x];
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    var value = residual[row * dims.width + id.x];
    if (place < dims.cols) { value += x[row * dims.cols + place]; }
    y[row * dims.width + id.x] = value;
  }
}
