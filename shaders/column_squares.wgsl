// Sums of squares per column, added to `sums`: sums[c] += sum over rows of x[row, c]^2. x: (rows, cols); sums: (cols).
// One workgroup per COLUMNS columns, with LANES invocations for each. Rows are summed in runs of RUN, which keeps the partial sums
// small: a small square added to a large sum would be lost in f32. cols counts Values.
// Needs lib/scalar.wgsl or lib/vec4.wgsl.

struct Dims { rows: u32, cols: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override COLUMNS: u32 = 16u;
override LANES: u32 = 16u;
const RUN = 32u;
var<workgroup> partial: array<Value, 256>;  // COLUMNS * LANES at most

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> sums: array<Value>;

@compute @workgroup_size(COLUMNS * LANES)
fn accumulate(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let col = group.x * COLUMNS + local % COLUMNS;
  let inside = col < dims.cols;
  let rows = select(0u, dims.rows, inside);
  var sum = Value(0.0);
  for (var first = local / COLUMNS; first < rows; first += LANES * RUN) {
    var run = Value(0.0);
    for (var row = first; row < min(rows, first + LANES * RUN); row += LANES) {
      let value = x[row * dims.cols + col];
      run = fma(value, value, run);
    }
    sum += run;
  }
  if (LANES > 1u) {
    partial[local] = sum;
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (local / COLUMNS < half) { partial[local] += partial[local + half * COLUMNS]; }
    }
    sum = partial[local];
  }
  if (inside && local < COLUMNS) { sums[col] += sum; }
}
