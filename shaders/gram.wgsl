// The Gram matrix of activations, added to `gram`: gram[i, j] += sum over rows of x[row, i] x[row, j]. x: (rows, cols); gram: (cols, cols).
// Only blocks on and above the diagonal are computed; the matrix is symmetric, and the blocks below keep their values.
// One invocation per block of WIDTH x WIDTH. Rows are summed in runs of RUN, which keeps the partial sums small: a small product added
// to a large sum would be lost in f32. cols counts Values. Needs lib/grid.wgsl and lib/scalar.wgsl or lib/vec4.wgsl.

struct Dims { rows: u32, cols: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

const SIZE = 64u;  // invocations per workgroup
const RUN = 32u;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> gram: array<Value>;

@compute @workgroup_size(SIZE)
fn accumulate(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * SIZE + lane;
  let down = i / dims.cols;
  let across = i % dims.cols;
  if (down >= dims.cols || across < down) { return; }
  var sums = array<Value, WIDTH>();
  for (var first = 0u; first < dims.rows; first += RUN) {
    var run = array<Value, WIDTH>();
    for (var row = first; row < min(dims.rows, first + RUN); row++) {
      let left = x[row * dims.cols + down];
      let right = x[row * dims.cols + across];
      for (var c = 0u; c < WIDTH; c++) { run[c] = fma(Value(component(left, c)), right, run[c]); }
    }
    for (var c = 0u; c < WIDTH; c++) { sums[c] += run[c]; }
  }
  for (var c = 0u; c < WIDTH; c++) { gram[(down * WIDTH + c) * dims.cols + across] += sums[c]; }
}
