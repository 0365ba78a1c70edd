// Which keys a query sees: the last `window` keys up to its own position (0xffffffff: all of them). Needs lib/tile.wgsl.
// Attention weights are made in tiles of TILE rows. Nothing is stored for a tile whose queries see none of its keys.

fn first_key(position: u32, window: u32) -> u32 {
  return position - min(position, window - 1u);
}

/// The keys [x, y) that the queries `row` (a multiple of TILE) to row + TILE - 1 see, widened to multiples of TILE. Row 0 is at `position`.
fn keys_of_tile(row: u32, position: u32, window: u32) -> vec2u {
  let first = first_key(position + row, window);
  let last = position + row + TILE - 1u;
  return vec2u(first / TILE * TILE, (last / TILE + 1u) * TILE);
}

/// One past the last query whose tile contains any of the keys `key` (a multiple of TILE) to key + TILE - 1. Row 0 is at position 0.
fn rows_end(key: u32, rows: u32, window: u32) -> u32 {
  if (window >= rows) { return rows; }
  return min(rows, ((key + window + TILE - 2u) / TILE + 1u) * TILE);
}

/// Which of the keys `key` to key + 3 the query at `position` sees.
fn sees(position: u32, key: u32, window: u32) -> vec4<bool> {
  let keys = vec4u(key) + vec4u(0u, 1u, 2u, 3u);
  return (keys <= vec4u(position)) & (keys >= vec4u(first_key(position, window)));
}
