// An 8 x 8 block of a matrix product in registers, and its steps. A matrix here holds four vec4s, not a linear map.

const TILE = 8u;

/// a: rows 0-3, columns 0-3;  b: rows 0-3, columns 4-7;  c: rows 4-7, columns 0-3;  d: rows 4-7, columns 4-7. Column r of each is a row of the block.
struct Tile { a: mat4x4f, b: mat4x4f, c: mat4x4f, d: mat4x4f }

/// acc + m[0] v.x + m[1] v.y + m[2] v.z + m[3] v.w
fn combine(acc: vec4f, m: mat4x4f, v: vec4f) -> vec4f {
  return fma(m[3], vec4f(v.w), fma(m[2], vec4f(v.z), fma(m[1], vec4f(v.y), fma(m[0], vec4f(v.x), acc))));
}

fn combine_rows(acc: mat4x4f, m: mat4x4f, rows: mat4x4f) -> mat4x4f {
  return mat4x4f(combine(acc[0], m, rows[0]), combine(acc[1], m, rows[1]), combine(acc[2], m, rows[2]), combine(acc[3], m, rows[3]));
}

/// Four steps of the contraction: rows 0-3 (top) and 4-7 (bottom) of the left factor, columns 0-3 (left) and 4-7 (right) of the other.
fn tile_step(tile: Tile, top: mat4x4f, bottom: mat4x4f, left: mat4x4f, right: mat4x4f) -> Tile {
  return Tile(
    combine_rows(tile.a, left, top), combine_rows(tile.b, right, top),
    combine_rows(tile.c, left, bottom), combine_rows(tile.d, right, bottom));
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
