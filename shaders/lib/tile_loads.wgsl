// Reads the factors of a tile of a matrix product, round by round: a workgroup fetches the next round while it computes with this one. The
// sum goes in rounds of ROUND steps; four steps are a quarter, and four rows or columns are a group.
// Before it come, from the launcher and the file that computes (lib/blocks.wgsl or lib/matrices.wgsl):
//   const ROUND: steps per round, a multiple of 8
//   const ROW_GROUPS, COLUMN_GROUPS: groups of the tile
//   const TILE_INVOCATIONS
// The op's file defines, in groups and quarters of the full matrices:
//   fn left_bits, right_bits(group: u32, quarter: u32) -> Bits: a 4 x 4 block of a factor as it is in memory
//   fn left_block(bits: Bits, quarter: u32) -> mat4x4f   column s: step s of four rows; zeros beyond the last step
//   fn right_block(bits: Bits, quarter: u32) -> mat4x4f  column s: step s of four columns of the product; zeros beyond the last step
//   fn left_place, right_place(load: u32) -> Place       along_steps or along_groups below, by what is adjacent in memory
//   fn put(slice: u32, row: u32, column4: u32, block: mat4x4f)
// The file that computes defines what the op's entry point calls:
//   fn make_tile(corner: vec2u, slice: u32, quarters: vec2u, local: u32): computes the tile and puts its blocks

const TILE_ROWS = 4u * ROW_GROUPS;
const TILE_COLUMNS = 4u * COLUMN_GROUPS;

const QUARTERS = ROUND / 4u;  // of a round
const LEFT_LOADS = ROW_GROUPS * QUARTERS;
const LOADS = LEFT_LOADS + COLUMN_GROUPS * QUARTERS;  // of a round, each of a 4 x 4 block
const OWN_LOADS = (LOADS + TILE_INVOCATIONS - 1u) / TILE_INVOCATIONS;  // of an invocation

/// Four vec4s as they are in memory. They are converted only when they are stored, one round after they were fetched: a conversion would
/// wait for the memory, and the arithmetic of the round behind it.
alias Bits = array<vec4u, 4>;

fn floats(bits: Bits) -> mat4x4f {
  return mat4x4f(bitcast<vec4f>(bits[0]), bitcast<vec4f>(bits[1]), bitcast<vec4f>(bits[2]), bitcast<vec4f>(bits[3]));
}

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
  return vec2u(tile / tiles_across * ROW_GROUPS, tile % tiles_across * COLUMN_GROUPS);
}

/// First quarter of slice `slice` of a sum that is divided into `slices`, and the end: multiples of a round. `quarters`: of the full sum.
fn slice_of(quarters: u32, slice: u32, slices: u32) -> vec2u {
  let rounds = (quarters + QUARTERS - 1u) / QUARTERS;
  let length = (rounds + slices - 1u) / slices;
  return min(vec2u(slice, slice + 1u) * length, vec2u(rounds)) * QUARTERS;
}

/// The blocks of an invocation for the round that begins with `quarter`.
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
