// A tile of a matrix product by one workgroup: each invocation makes 8 x 8 of it from workgroup memory, as an outer product per step of
// the sum. For graphics cards.
// The launcher puts before it (ops/kit/blockTiles.ts):
//   const DOWN, ACROSS: invocations along the rows and the columns of the tile, multiples of 4
//   const ROUND: steps per round, a multiple of 8
//   const BUFFERS: 1, or 2 to store a round while others still read the one before it, which saves a barrier
//   alias RightValue: vec4f, or vec4h for a right factor whose values are halves anyway
// and after it lib/tile_loads.wgsl, which says what the op's file defines.

const ROW_GROUPS = 2u * DOWN;
const COLUMN_GROUPS = 2u * ACROSS;
const TILE_INVOCATIONS = DOWN * ACROSS;

// Per step: the vec4s of four rows or columns each, and one of padding against bank conflicts. Arrays of arrays, because the bounds checks
// that WebGPU adds are then the same for all steps, and leave the loop.
var<workgroup> left_tile: array<array<vec4f, ROW_GROUPS + 1u>, BUFFERS * ROUND>;
var<workgroup> right_tile: array<array<RightValue, COLUMN_GROUPS + 1u>, BUFFERS * ROUND>;

/// Column i of each matrix is a row of results, whose four components are adjacent columns. The upper blocks are rows 4 down to 4 down + 3
/// of the tile, the lower ones begin 4 DOWN rows later; the left blocks are columns 4 across to 4 across + 3, the right ones 4 ACROSS later.
struct Sums { upper_left: mat4x4f, upper_right: mat4x4f, lower_left: mat4x4f, lower_right: mat4x4f }

/// first: the step of the tiles with which the round begins.
fn store(next: ptr<function, array<Bits, OWN_LOADS>>, quarter: u32, first: u32, local: u32) {
  for (var i = 0u; i < OWN_LOADS; i++) {
    let load = local + i * TILE_INVOCATIONS;
    if (load < LEFT_LOADS) {
      let place = left_place(load);
      let block = left_block((*next)[i], quarter + place.quarter);
      for (var j = 0u; j < 4u; j++) { left_tile[first + 4u * place.quarter + j][place.group] = block[j]; }
    } else if (load < LOADS) {
      let place = right_place(load - LEFT_LOADS);
      let block = right_block((*next)[i], quarter + place.quarter);
      for (var j = 0u; j < 4u; j++) { right_tile[first + 4u * place.quarter + j][place.group] = RightValue(block[j]); }
    }
  }
}

fn outer_product(sums: mat4x4f, rows: vec4f, columns: vec4f) -> mat4x4f {
  return mat4x4f(
    fma(columns, vec4f(rows.x), sums[0]), fma(columns, vec4f(rows.y), sums[1]),
    fma(columns, vec4f(rows.z), sums[2]), fma(columns, vec4f(rows.w), sums[3]));
}

/// Adds the steps of the round that begins with step `first` of the tiles.
fn add_round(sums: ptr<function, Sums>, first: u32, down: u32, across: u32) {
  for (var step = first; step < first + ROUND; step++) {
    let upper = left_tile[step][down];
    let lower = left_tile[step][DOWN + down];
    let left = vec4f(right_tile[step][across]);
    let right = vec4f(right_tile[step][ACROSS + across]);
    (*sums).upper_left = outer_product((*sums).upper_left, upper, left);
    (*sums).upper_right = outer_product((*sums).upper_right, upper, right);
    (*sums).lower_left = outer_product((*sums).lower_left, lower, left);
    (*sums).lower_right = outer_product((*sums).lower_right, lower, right);
  }
}

/// An invocation's part of the tile that begins at `corner`: the sum over quarters.x up to quarters.y.
fn multiply(corner: vec2u, quarters: vec2u, local: u32) -> Sums {
  var sums = Sums();
  var next = array<Bits, OWN_LOADS>();
  fetch(&next, corner, quarters.x, local);
  var first = 0u;
  for (var quarter = quarters.x; quarter < quarters.y; quarter += QUARTERS) {
    store(&next, quarter, first, local);
    workgroupBarrier();
    // the loads of the next round overlap with the arithmetic of this one
    fetch(&next, corner, quarter + QUARTERS, local);
    add_round(&sums, first, local / ACROSS, local % ACROSS);
    if (BUFFERS == 2u) { first = ROUND - first; } else { workgroupBarrier(); }
  }
  return sums;
}

/// The tile's part of the product, or of slice `slice` of it.
fn put_tile(corner: vec2u, slice: u32, local: u32, sums: Sums) {
  let row = 4u * (corner.x + local / ACROSS);
  let column4 = corner.y + local % ACROSS;
  put(slice, row, column4, sums.upper_left);
  put(slice, row, column4 + ACROSS, sums.upper_right);
  put(slice, row + 4u * DOWN, column4, sums.lower_left);
  put(slice, row + 4u * DOWN, column4 + ACROSS, sums.lower_right);
}

/// The part of the product that begins at `corner`, or of slice `slice` of its sum, which are the quarters from quarters.x up to quarters.y.
fn make_tile(corner: vec2u, slice: u32, quarters: vec2u, local: u32) {
  put_tile(corner, slice, local, multiply(corner, quarters, local));
}
