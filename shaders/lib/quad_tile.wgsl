// A tile of a matrix product by one workgroup, which is one quad.
// For software adapters with subgroups. In SwiftShader four invocations are one SIMD register, and a load is a gather of four scalars that
// costs twenty times as much as an fma. So the four invocations of a quad load different rows and share them: no value is loaded
// twice within a tile. Uses registers only, no barriers.
// The op's file defines put(row: u32, col: u32, value: vec4f). Needs lib/quad.wgsl.

const TILE_ROWS = 32u;
const TILE_COLUMNS = 32u;
const TILE_INVOCATIONS = 4u;

/// Writes a tile: columns `col` and `col` + 4 (in vec4s). A loop, which drivers compile sooner than 64 copies.
fn put_tile(first: u32, lane: u32, col: u32, left: array<mat4x4f, 8>, right: array<mat4x4f, 8>) {
  var both = array(left, right);
  for (var i = 0u; i < TILE_ROWS; i++) {
    let row = first + (i & ~3u) + (lane ^ (i & 3u));
    put(row, col, both[0][i / 4u][i % 4u]);
    put(row, col + 4u, both[1][i / 4u][i % 4u]);
  }
}
