// A block of 16 rows x 8 columns of a matrix product in the registers of one invocation; with lib/quad.wgsl in front the four blocks
// of a quad lie side by side and share the loads of their rows, with lib/alone.wgsl each is by itself. Four vec4s are kept as a mat4x4f.

const TILE = 16u;  // rows of a block
const LANE_COLUMNS = 8u;
const TILE_COLUMNS = LANE_COLUMNS * SHARING;

/// Column i of each matrix is a row of the block, row 4 g + (lane ^ i) for group g; `left` has columns 0-3 and `right` 4-7.
struct Group { left: mat4x4f, right: mat4x4f }
struct Block { g0: Group, g1: Group, g2: Group, g3: Group }

/// acc + m[0] v.x + m[1] v.y + m[2] v.z + m[3] v.w
fn combine(acc: vec4f, m: mat4x4f, v: vec4f) -> vec4f {
  return acc + m * v;
}

fn combine_rows(acc: mat4x4f, m: mat4x4f, rows: mat4x4f) -> mat4x4f {
  return mat4x4f(combine(acc[0], m, rows[0]), combine(acc[1], m, rows[1]), combine(acc[2], m, rows[2]), combine(acc[3], m, rows[3]));
}

/// Four steps of the contraction for one group: `rows` of the left factor, and of the right one four rows of its columns 0-3 and 4-7.
fn accumulate(acc: Group, rows: mat4x4f, left: mat4x4f, right: mat4x4f) -> Group {
  return Group(combine_rows(acc.left, left, rows), combine_rows(acc.right, right, rows));
}

fn outer(acc: mat4x4f, rows: vec4f, columns: vec4f) -> mat4x4f {
  return mat4x4f(
    fma(columns, vec4f(rows.x), acc[0]), fma(columns, vec4f(rows.y), acc[1]),
    fma(columns, vec4f(rows.z), acc[2]), fma(columns, vec4f(rows.w), acc[3]));
}

/// Where four rows from `first` on start, in a matrix of `stride`; past the last one it is the last one again.
fn four_rows(first: u32, last: u32, stride: u32) -> vec4u {
  return min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), vec4u(last)) * stride;
}

/// The same for rows that a quad shares: x is where this invocation's own row starts.
fn shared_rows(first: u32, lane: u32, last: u32, stride: u32) -> vec4u {
  if (SHARING == 4u) { return vec4u(min(first + lane, last) * stride); }
  return four_rows(first, last, stride);
}
