// A tile of a matrix product by one invocation, without barriers and subgroups: for software adapters that have neither cheap barriers nor
// quads. They read memory lane by lane (in llvmpipe a load costs as much as fifteen fma), so the tile is large: a value of the left matrix
// is read once for 16 columns, one of the right matrix once for 16 rows.
// The op's file defines put(row: u32, col: u32, value: vec4f).
// Needs lib/grid.wgsl, lib/vec4.wgsl and lib/weights_*.wgsl.

const TILE_ROWS = 16u;
const TILE_COLUMNS = 16u;
const TILE_INVOCATIONS = 1u;
const SIZE = 8u;  // tiles, and so invocations, per workgroup

/// Row and column (in vec4s) of an invocation's tile in a result with `columns` columns.
fn tile_start(invocation: u32, columns: u32) -> vec2u {
  let tiles_across = (columns + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  return vec2u(invocation / tiles_across * TILE_ROWS, invocation % tiles_across * (TILE_COLUMNS / 4u));
}

/// Four columns of each of four rows of W; `first` is the first row's.
fn weights_at(first: u32, k4: u32) -> mat4x4f {
  return mat4x4f(weight_at(first), weight_at(first + k4), weight_at(first + 2u * k4), weight_at(first + 3u * k4));
}

/// Writes a row of the tile; column j of `sums` is column `col` + j (in vec4s).
fn put_row(row: u32, col: u32, sums: mat4x4f) {
  put(row, col, sums[0]); put(row, col + 1u, sums[1]); put(row, col + 2u, sums[2]); put(row, col + 3u, sums[3]);
}

/// Writes four rows of the tile, from `row` on.
fn put_rows(row: u32, col: u32, c0: mat4x4f, c1: mat4x4f, c2: mat4x4f, c3: mat4x4f) {
  put_row(row, col, c0); put_row(row + 1u, col, c1); put_row(row + 2u, col, c2); put_row(row + 3u, col, c3);
}
