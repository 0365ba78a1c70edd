// The flat gate buffer is divided into tiles of GATE_TILE gates of one vector each; there is one table entry per tile
// (src/engine/ops/kit/gateTables.ts).

const GATE_TILE = 64u;  // as in src/engine/masks/gates.ts, which cannot read this file; a unit test compares them

struct GateTile {
  vector: u32,  // i = 5 * block + k
  first: u32,   // index within the vector of the tile's first gate
  gates: u32,   // real gates in the tile, 1 to GATE_TILE; the rest is padding
  pad: u32,
}
