// One entry for each tile of 64 gates of the flat buffer (src/engine/ops/kit/gateTables.ts).

struct GateTile {
  vector: u32, // i = 5 * block + k
  first: u32, // index within the vector of the tile's first gate
  gates: u32, // real gates in the tile, 1 to 64; the rest is padding
  pad: u32,
}
