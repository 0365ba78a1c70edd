// Adds columns to the columns that an index names: y[t, index[k]] += x[t, k]. The gradient of x is gather.wgsl's forward.
// index: (cols), distinct; x: (rows, cols); y: (rows, width). One invocation per column of x and BLOCK rows.

struct Dims { rows: u32, cols: u32, width: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;
override BLOCK: u32 = 1u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(SIZE)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let column = index[id.x];
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) { y[row * dims.width + column] += x[row * dims.cols + id.x]; }
}
