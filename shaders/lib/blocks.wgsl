// A tile of a matrix product by one workgroup: each invocation makes 8 x 8 of it from workgroup memory, as an outer product per step of
// the sum. For graphics cards. A round is ROUND steps of the sum, for which each invocation loads at most one 4 x 4 block of one factor.

// Needs before it: DOWN and ACROSS, the invocations along the rows and columns of the tile, and ROUND, a multiple of 4 with
// ROUND / 4 * (2 DOWN + 2 ACROSS) <= DOWN * ACROSS.

const TILE_ROWS = 8u * DOWN;
const TILE_COLUMNS = 8u * ACROSS;
const TILE_INVOCATIONS = DOWN * ACROSS;

// Per step: the vec4s of four rows or columns each, and one of padding against bank conflicts. Arrays of arrays, because the bounds checks
// that WebGPU adds are then the same for all steps, and leave the loop.
var<workgroup> left_tile: array<array<vec4f, 2u * DOWN + 1u>, ROUND>;
var<workgroup> right_tile: array<array<vec4f, 2u * ACROSS + 1u>, ROUND>;

/// Column i of each matrix is a row of results, whose four components are adjacent columns. The upper blocks are rows 4 down to 4 down + 3
/// of the tile, the lower ones begin 4 DOWN rows later; the left blocks are columns 4 across to 4 across + 3, the right ones 4 ACROSS later.
struct Sums { upper_left: mat4x4f, upper_right: mat4x4f, lower_left: mat4x4f, lower_right: mat4x4f }

fn outer_product(sums: mat4x4f, rows: vec4f, columns: vec4f) -> mat4x4f {
  return mat4x4f(
    fma(columns, vec4f(rows.x), sums[0]), fma(columns, vec4f(rows.y), sums[1]),
    fma(columns, vec4f(rows.z), sums[2]), fma(columns, vec4f(rows.w), sums[3]));
}

/// Adds the steps of one round.
fn add_round(sums: ptr<function, Sums>, down: u32, across: u32) {
  for (var step = 0u; step < ROUND; step++) {
    let upper = left_tile[step][down];
    let lower = left_tile[step][DOWN + down];
    let left = right_tile[step][across];
    let right = right_tile[step][ACROSS + across];
    (*sums).upper_left = outer_product((*sums).upper_left, upper, left);
    (*sums).upper_right = outer_product((*sums).upper_right, upper, right);
    (*sums).lower_left = outer_product((*sums).lower_left, lower, left);
    (*sums).lower_right = outer_product((*sums).lower_right, lower, right);
  }
}

/// Stores a block of the left factor: column j of `block` has four adjacent steps of row 4 group + j.
fn store_left(block: mat4x4f, group: u32, quarter: u32) {
  let steps = transpose(block);
  for (var j = 0u; j < 4u; j++) { left_tile[4u * quarter + j][group] = steps[j]; }
}

/// Stores a block of the right factor, whose column j has four adjacent steps of column 4 group + j of the product.
fn store_right_transposed(block: mat4x4f, group: u32, quarter: u32) {
  let steps = transpose(block);
  for (var j = 0u; j < 4u; j++) { right_tile[4u * quarter + j][group] = steps[j]; }
}

/// Stores a block of the right factor, whose column j has columns 4 group to 4 group + 3 of the product in step j.
fn store_right(block: mat4x4f, group: u32, quarter: u32) {
  for (var j = 0u; j < 4u; j++) { right_tile[4u * quarter + j][group] = block[j]; }
}
