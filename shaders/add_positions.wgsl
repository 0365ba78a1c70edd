// Learned positions: y[t] = x[t] + table[start[0] + t]. x, y: (rows, cols); table: (positions, cols).
// One invocation per column and BLOCK rows. cols counts Values.
// Needs lib/scalar.wgsl or lib/vec4.wgsl.

struct Dims { rows: u32, cols: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;
override BLOCK: u32 = 1u;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> table: array<Value>;
@group(0) @binding(2) var<storage, read> start: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(SIZE)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let position = start[0];
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    y[row * dims.cols + id.x] = x[row * dims.cols + id.x] + table[(position + row) * dims.cols + id.x];
  }
}
