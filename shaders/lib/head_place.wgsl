// The block of a head that an invocation makes, in a matrix of rows x heads. Needs lib/quad.wgsl or lib/alone.wgsl, lib/tile.wgsl, and from the
// file after it the uniform `dims`, whose depth is head_dim / 4.

override SIZE: u32 = 64u;

/// The block of an invocation: its first row and first vec4 of the head. Beyond the end of the head, `left` and `right` name the last vec4,
/// which is read but not written.
struct Place { row: u32, lane: u32, column: u32, left: u32, right: u32 }

/// lane_tile: SHARING invocations for each tile.
fn place_of(lane_tile: u32) -> Place {
  let across = (4u * dims.depth + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let tile = lane_tile / SHARING;
  let lane = lane_tile % SHARING;
  let column = (tile % across * TILE_COLUMNS + LANE_COLUMNS * lane) / 4u;
  let last = dims.depth - 1u;
  return Place(tile / across * TILE, lane, column, min(column, last), min(column + 1u, last));
}
