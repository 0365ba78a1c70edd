// Columns by index: y[t, k] = x[t, index[k]]. Backward: dx[t, c] = dy[t, places[c]], where places[c] is column c's place in index, and 0 for a
// column whose place is past the end, which has none. index: (cols), distinct; y, dy: (rows, cols); places: (width); x, dx: (rows, width).
// One invocation per column of the result and BLOCK rows.

struct Dims { rows: u32, cols: u32, width: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;
override BLOCK: u32 = 1u;

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(1) var<storage, read> places: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(SIZE)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.cols) { return; }
  let column = index[id.x];
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) { result[row * dims.cols + id.x] = source[row * dims.width + column]; }
}

@compute @workgroup_size(SIZE)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.width) { return; }
  let place = places[id.x];
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    var value = 0.0;
    if (place < dims.cols) { value = source[row * dims.cols + place]; }
    result[row * dims.width + id.x] = value;
  }
}
