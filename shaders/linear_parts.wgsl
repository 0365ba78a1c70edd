// Adjacent columns of a wide matrix: what one part of a linear layer's weight reads or writes.
//   take: narrow = wide[:, first ..]        put: wide[:, first ..] = narrow
// narrow: (rows, cols); wide: (rows, width). One invocation per column of narrow and BLOCK rows. cols, width and first count Values.
// Needs lib/scalar.wgsl or lib/vec4.wgsl.

struct Dims { rows: u32, cols: u32, width: u32, first: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;
override BLOCK: u32 = 1u;

@group(0) @binding(0) var<storage, read> source: array<Value>;
@group(0) @binding(1) var<storage, read_write> result: array<Value>;

@compute @workgroup_size(SIZE)
fn take(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) { result[row * dims.cols + id.x] = source[row * dims.width + dims.first + id.x]; }
}

@compute @workgroup_size(SIZE)
fn put(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) { result[row * dims.width + dims.first + id.x] = source[row * dims.cols + id.x]; }
}
