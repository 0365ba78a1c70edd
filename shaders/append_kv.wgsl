// Keys and values of new tokens into the cache: cache[start + t] = the last `cols` columns of packed row t, k|v.
// qkv: (rows, width); cache: (capacity, cols). One invocation a column and BLOCK rows; rows past the capacity are dropped.
// Needs lib/scalar.wgsl or lib/vec4.wgsl; width and cols count Values.

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
