// Rotary position embedding on packed rows q|k|v of `cols` columns. In each of the first `rotated` heads (q and k), columns c and
// c + half of the first 2 * half columns are rotated by the angle of position start[0] + t. All other columns are copied.
//   y[c] = x[c] cos - x[c + half] sin        y[c + half] = x[c + half] cos + x[c] sin        (direction -1 for backward: sin = -sin)
// table: (positions, half, 2), cosines and sines. One invocation per pair of columns and BLOCK rows; copied columns are paired with
// their neighbour. cols, head_dim and half count Values.
// Needs lib/scalar.wgsl or lib/vec4.wgsl.

struct Dims { rows: u32, cols: u32, head_dim: u32, half: u32, rotated: u32, direction: f32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override SIZE: u32 = 64u;
override BLOCK: u32 = 1u;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> table: array<vec2f>;
@group(0) @binding(2) var<storage, read> start: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(SIZE)
fn rotate(@builtin(global_invocation_id) id: vec3u) {
  let pairs = dims.head_dim / 2u;
  if (id.x >= dims.cols / 2u) { return; }
  let head = id.x / pairs;
  let pair = id.x % pairs;
  let turns = head < dims.rotated && pair < dims.half;
  // Copied columns come after the rotary ones of a rotated head, and are all columns of any other head.
  let kept = select(2u * pair, 2u * dims.half + 2u * (pair - dims.half), head < dims.rotated);
  let first = head * dims.head_dim + select(kept, pair, turns);
  let second = first + select(1u, dims.half, turns);
  let position = start[0];
  let end = min((id.y + 1u) * BLOCK, dims.rows);
  for (var row = id.y * BLOCK; row < end; row++) {
    let at = row * dims.cols;
    let a = x[at + first];
    let b = x[at + second];
    if (turns) {
      let i = ((position + row) * dims.half + pair) * WIDTH;
      let t0 = table[i];
      let t1 = table[i + 1u];
      let t2 = table[i + 2u];
      let t3 = table[i + 3u];
      let cosine = assemble(t0.x, t1.x, t2.x, t3.x);
      let sine = dims.direction * assemble(t0.y, t1.y, t2.y, t3.y);
      y[at + first] = a * cosine - b * sine;
      y[at + second] = b * cosine + a * sine;
    } else {
      y[at + first] = a;
      y[at + second] = b;
    }
  }
}
