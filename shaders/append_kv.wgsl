// Writes the keys and values of new tokens to the KV cache: cache[start[0] + t] = k|v, the last `cols` columns of row t of q|k|v.
// qkv: (rows, width); cache: (capacity, cols). Rows beyond the capacity are dropped.
// One invocation per column and BLOCK rows. width and cols count Values.
// Needs lib/scalar.wgsl or lib/vec4.wgsl.

struct Dims { rows: u32, cols: u32, width: u32, capacity: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;
override BLOCK: u32 = 1u;

@group(0) @binding(0) var<storage, read> qkv: array<Value>;
@group(0) @binding(1) var<storage, read> start: array<u32>;
@group(0) @binding(2) var<storage, read_write> cache: array<Value>;

@compute @workgroup_size(SIZE)
fn append(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let first = start[0];
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    if (first + row < dims.capacity) {
      cache[(first + row) * dims.cols + id.x] = qkv[(row + 1u) * dims.width - dims.cols + id.x];
    }
  }
}
