// Scores of weights (METHOD.md 2): scores[r, c] = |w[r, c]| * factor, where SCALE selects the factor:
//   0: 1 (magnitude)        1: the norm of the input, squares[c]^(1/2) (Wanda; DaSS for down)
//   2: the root of the norm of the output, squares[r]^(1/4) (DaSS for gate and up)
// w: packed matrices of `cols` columns, of which this one starts at element `first`; scores: (rows, cols); squares: sums of squares of
// the activations over the calibration tokens, (cols) or (rows). One invocation per weight. Needs lib/grid.wgsl.

const SIZE = 64u;  // invocations per workgroup

struct Dims { rows: u32, cols: u32, first: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

override SCALE: u32 = 0u;

@group(0) @binding(0) var<storage, read> w: array<f32>;
@group(0) @binding(1) var<storage, read> squares: array<f32>;
@group(0) @binding(2) var<storage, read_write> scores: array<f32>;

@compute @workgroup_size(SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * SIZE + lane;
  if (i >= dims.rows * dims.cols) { return; }
  var factor = 1.0;
  if (SCALE == 1u) { factor = sqrt(squares[i % dims.cols]); }
  if (SCALE == 2u) { factor = sqrt(sqrt(squares[i / dims.cols])); }
  scores[i] = abs(w[dims.first + i]) * factor;
}
