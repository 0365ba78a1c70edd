// A tile of a matrix product by one workgroup: each invocation makes 8 x 8 of it from workgroup memory, as an outer product per step of
// the sum. For graphics cards. The sum goes in rounds of ROUND steps; four steps are a quarter, and four rows or columns are a group.
// The launcher puts before it (ops/kit/blockTiles.ts):
//   const DOWN, ACROSS: invocations along the rows and the columns of the tile, multiples of 4
//   const ROUND: steps per round, a multiple of 8
//   const BUFFERS: 1, or 2 to store a round while others still read the one before it, which saves a barrier
//   alias RightValue: vec4f, or vec4h for a right factor whose values are halves anyway
// The op's file defines, in groups and quarters of the full matrices:
//   fn left_bits, right_bits(group: u32, quarter: u32) -> Bits: a 4 x 4 block of a factor as it is in memory
//   fn left_block(bits: Bits, quarter: u32) -> mat4x4f   column s: step s of four rows; zeros beyond the last step
//   fn right_block(bits: Bits, quarter: u32) -> mat4x4f  column s: step s of four columns of the product; zeros beyond the last step
//   fn left_place, right_place(load: u32) -> Place       along_steps or along_groups below, by what is adjacent in memory
//   fn put(slice: u32, row: u32, column4: u32, block: mat4x4f)

const TILE_ROWS = 8u * DOWN;
const TILE_COLUMNS = 8u * ACROSS;
const TILE_INVOCATIONS = DOWN * ACROSS;

const QUARTERS = ROUND / 4u;  // of a round
const LEFT_LOADS = 2u * DOWN * QUARTERS;
const LOADS = LEFT_LOADS + 2u * ACROSS * QUARTERS;  // of a round, each of a 4 x 4 block
const OWN_LOADS = (LOADS + TILE_INVOCATIONS - 1u) / TILE_INVOCATIONS;  // of an invocation

// Per step: the vec4s of four rows or columns each, and one of padding against bank conflicts. Arrays of arrays, because the bounds checks
// that WebGPU adds are then the same for all steps, and leave the loop.
var<workgroup> left_tile: array<array<vec4f, 2u * DOWN + 1u>, BUFFERS * ROUND>;
var<workgroup> right_tile: array<array<RightValue, 2u * ACROSS + 1u>, BUFFERS * ROUND>;

/// Four vec4s as they are in memory. They are converted only when they are stored, one round after they were fetched: a conversion would
/// wait for the memory, and the arithmetic of the round behind it.
alias Bits = array<vec4u, 4>;

fn floats(bits: Bits) -> mat4x4f {
  return mat4x4f(bitcast<vec4f>(bits[0]), bitcast<vec4f>(bits[1]), bitcast<vec4f>(bits[2]), bitcast<vec4f>(bits[3]));
}

/// Column i of each matrix is a row of results, whose four components are adjacent columns. The upper blocks are rows 4 down to 4 down + 3
/// of the tile, the lower ones begin 4 DOWN rows later; the left blocks are columns 4 across to 4 across + 3, the right ones 4 ACROSS later.
struct Sums { upper_left: mat4x4f, upper_right: mat4x4f, lower_left: mat4x4f, lower_right: mat4x4f }

/// The block that a load of a round fetches.
struct Place { group: u32, quarter: u32 }

/// For a factor whose steps are adjacent in memory. Eight loads side by side take two quarters of four groups, so that their stores hit
/// different banks.
fn along_steps(load: u32) -> Place {
  let rest = load / 8u;
  let pairs = QUARTERS / 2u;
  return Place(load / 2u % 4u + 4u * (rest / pairs), load % 2u + 2u * (rest % pairs));
}

/// For a factor whose rows, or columns of the product, are adjacent in memory. `groups`: of the tile.
fn along_groups(load: u32, groups: u32) -> Place { return Place(load % groups, load / groups); }

/// Group of rows and group of columns with which tile `tile` begins; `columns` of the product.
fn tile_corner(tile: u32, columns: u32) -> vec2u {
  let tiles_across = (columns + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  return vec2u(tile / tiles_across * 2u * DOWN, tile % tiles_across * 2u * ACROSS);
}

/// First quarter of slice `slice` of a sum that is divided into `slices`, and the end: multiples of a round. `quarters`: of the full sum.
fn slice_of(quarters: u32, slice: u32, slices: u32) -> vec2u {
  let rounds = (quarters + QUARTERS - 1u) / QUARTERS;
  let length = (rounds + slices - 1u) / slices;
  return min(vec2u(slice, slice + 1u) * length, vec2u(rounds)) * QUARTERS;
}

fn fetch(next: ptr<function, array<Bits, OWN_LOADS>>, corner: vec2u, quarter: u32, local: u32) {
  for (var i = 0u; i < OWN_LOADS; i++) {
    let load = local + i * TILE_INVOCATIONS;
    if (load < LEFT_LOADS) {
      let place = left_place(load);
      (*next)[i] = left_bits(corner.x + place.group, quarter + place.quarter);
    } else if (load < LOADS) {
      let place = right_place(load - LEFT_LOADS);
      (*next)[i] = right_bits(corner.y + place.group, quarter + place.quarter);
    }
  }
}

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
