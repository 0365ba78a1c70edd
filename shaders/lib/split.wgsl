// A 32 x 32 tile of a matrix product by four teams of 64 invocations, which divide the sum and add their results at the end. For products
// with too few tiles of 64 x 64 to fill a graphics card. Each team takes every fourth round of 16 steps; each invocation makes 4 x 4 results.

const TILE_ROWS = 32u;
const TILE_COLUMNS = 32u;
const TILE_INVOCATIONS = 256u;
const TEAMS = 4u;

// 32 rows per team: in vec4s 0 to 4 a row of the left factor (16 steps, padded against bank conflicts), from RIGHT on a row of the right one
// (or of 16 steps of 32 columns, four vec4s per row); at the end vec4s 0 to 7 are a row of results. An array of arrays, because the bounds
// checks that WebGPU adds are then the same for all steps, and leave the loop.
const RIGHT = 5u;
var<workgroup> tiles: array<array<vec4f, 11>, 32u * TEAMS>;

struct Lane { team: u32, index: u32, down: u32, across: u32, first: u32 }

fn lane_of(local: u32) -> Lane {
  let index = local % 64u;
  return Lane(local / 64u, index, index / 8u, index % 8u, local / 64u * 32u);
}

fn left_row(lane: Lane, row: u32, quarter: u32) -> vec4f { return tiles[lane.first + 4u * lane.down + row][quarter]; }

/// Where load i (0 or 1) of an invocation goes: row 0 to 31 of a factor, and which of its four vec4s.
fn load_of(lane: Lane, i: u32) -> vec2u {
  let at = lane.index + 64u * i;
  return vec2u(at / 4u, at % 4u);
}

/// Adds up the teams' results. Returns four adjacent columns: row local / 8, columns 4 (local % 8) and on.
fn add_teams(lane: Lane, local: u32, sums: mat4x4f) -> vec4f {
  for (var i = 0u; i < 4u; i++) { tiles[lane.first + 4u * lane.down + i][lane.across] = sums[i]; }
  workgroupBarrier();
  let row = local / 8u;
  let column = local % 8u;
  return (tiles[row][column] + tiles[32u + row][column]) + (tiles[64u + row][column] + tiles[96u + row][column]);
}
