// A block of TILE rows x LANE_COLUMNS columns of a matrix product, in the registers of one invocation. With lib/quad.wgsl the four blocks
// of a quad are side by side and share the loads of their rows; with lib/alone.wgsl each invocation works alone. A mat4x4f is used as four
// vec4s.

const TILE = 16u;         // rows of a block
const LANE_COLUMNS = 8u;  // columns of a block
const TILE_COLUMNS = LANE_COLUMNS * SHARING;

/// Four rows of a block. Column i of each matrix is row 4 g + (lane ^ i) of group g; `left` has columns 0-3 and `right` has columns 4-7.
struct Group { left: mat4x4f, right: mat4x4f }
struct Block { g0: Group, g1: Group, g2: Group, g3: Group }

/// Row i of a block whose rows begin at `first`, in the order of its groups.
fn row_of_block(first: u32, lane: u32, i: u32) -> u32 {
  return first + (i & ~3u) + (lane ^ (i & 3u));
}

/// acc + m[0] v.x + m[1] v.y + m[2] v.z + m[3] v.w
fn combine(acc: vec4f, m: mat4x4f, v: vec4f) -> vec4f {
  return acc + m * v;
}

fn combine_rows(acc: mat4x4f, m: mat4x4f, rows: mat4x4f) -> mat4x4f {
  return mat4x4f(combine(acc[0], m, rows[0]), combine(acc[1], m, rows[1]), combine(acc[2], m, rows[2]), combine(acc[3], m, rows[3]));
}

/// Four steps of the sum for one group: `rows` of the left factor, and four rows of columns 0-3 and 4-7 of the right factor.
fn accumulate(acc: Group, rows: mat4x4f, left: mat4x4f, right: mat4x4f) -> Group {
  return Group(combine_rows(acc.left, left, rows), combine_rows(acc.right, right, rows));
}

fn outer(acc: mat4x4f, rows: vec4f, columns: vec4f) -> mat4x4f {
  return mat4x4f(
    fma(columns, vec4f(rows.x), acc[0]), fma(columns, vec4f(rows.y), acc[1]),
    fma(columns, vec4f(rows.z), acc[2]), fma(columns, vec4f(rows.w), acc[3]));
}

/// Where the four rows from `first` on start, in a matrix of `stride`. Beyond the last row it is the last row again.
fn four_rows(first: u32, last: u32, stride: u32) -> vec4u {
  return min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), vec4u(last)) * stride;
}

/// The same for rows that a quad shares: with SHARING = 4 it is the start of this invocation's own row.
fn shared_rows(first: u32, lane: u32, last: u32, stride: u32) -> vec4u {
  if (SHARING == 4u) { return vec4u(min(first + lane, last) * stride); }
  return four_rows(first, last, stride);
}
