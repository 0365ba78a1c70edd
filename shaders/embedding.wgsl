// Token embedding: y[t] = scale * table[ids[t] - first] for the tokens of this part of the table, which has rows `first` to
// `first + part_rows`. Rows of y whose token is in another part are left as they are. ids: (rows); table: (part_rows, cols); y: (rows, cols).
// One invocation per column and BLOCK rows. cols counts Values.
// Needs lib/scalar.wgsl or lib/vec4.wgsl, and lib/weights_*.wgsl for the table.

struct Dims { rows: u32, cols: u32, scale: f32, first: u32, part_rows: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;
override BLOCK: u32 = 1u;

@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(SIZE)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    let token = ids[row] - dims.first;  // wraps around to a large number if the token is in an earlier part
    if (token < dims.part_rows) { y[row * dims.cols + id.x] = dims.scale * weight_at(token * dims.cols + id.x); }
  }
}
