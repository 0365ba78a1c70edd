// Attention by tiles, without a matrix of all scores (Dao et al. 2022): what its kernels share. For graphics cards: all goes through workgroup
// memory. One workgroup works on a tile of scores, ROWS rows by COLUMNS columns, each invocation on a 4 x 4 of it.
// A tile is left right^T over the dimensions of a head, 16 of them per round. Then it is a factor: tile values, 16 of its columns per round.
// Queries and keys are handled by slots (lib/rotary.wgsl); row 0 is at position 0. With dims.rotating they are rotated as they are loaded, else
// they already are. Needs PANELS before it: head_dim / 64, rounded up; lib/rotary.wgsl; and a uniform `dims` with rows, stride, depth, half (in
// vec4s) and rotating.

const DOWN = 8u;
const ACROSS = 16u;
const INVOCATIONS = DOWN * ACROSS;
const ROWS = 4u * DOWN;
const COLUMNS = 4u * ACROSS;
const PANEL = ACROSS;          // vec4s or slots of a head that one product covers
const NEVER = -3.4e38;         // a score that no query has

// Arrays of arrays, because the bounds checks that WebGPU adds are then the same for all rounds, and leave the loops.
var<workgroup> left_rows: array<array<vec4f, 5>, ROWS>;  // 16 dimensions per row, padded from 4 to 5 vec4s against bank conflicts
var<workgroup> right_rows: array<array<vec4f, 5>, COLUMNS>;  // the same per column
var<workgroup> value_rows: array<array<vec4f, PANEL>, 16>;  // 16 rows of values
var<workgroup> score_tile: array<array<vec4f, ACROSS + 1u>, ROWS>;
var<workgroup> row_parts: array<array<vec4f, ACROSS + 1u>, DOWN>;

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;  // packed rows
@group(0) @binding(1) var<storage, read> table: array<vec4f>;  // of RoPE

/// Vec4 c of a head's row; zeros beyond the end of the head. Beyond the last row it is that row.
fn qkv_at(row: u32, column: u32, c: u32) -> vec4f {
  let value = qkv[min(row, dims.rows - 1u) * dims.stride + column + min(c, dims.depth - 1u)];
  return select(vec4f(), value, c < dims.depth);
}

/// Slots `slot` (even) and slot + 1 of a rotated head's row.
fn pair_at(row: u32, column: u32, slot: u32) -> Pair {
  let pair = Pair(
    qkv_at(row, column, vec4_of_slot(slot, dims.half)), qkv_at(row, column, vec4_of_slot(slot + 1u, dims.half)));
  if (dims.rotating == 0u || slot >= 2u * dims.half) { return pair; }
  let at = 2u * dims.half * min(row, dims.rows - 1u) + slot;
  return turned(pair, table[at], table[at + 1u], 1.0);
}

/// The rows of a head from `row` on: `column` is the head's first vec4 in a packed row.
struct Head { row: u32, column: u32 }

/// Column i is row 4 down + i of the tile; its components are columns 4 across to 4 across + 3.
alias Patch = mat4x4f;

/// Where an invocation stores its load `i` (0 or 1) of a round: column of the tile, and which of the round's four vec4s.
fn right_load(local: u32, i: u32) -> vec2u {
  let at = local + i * INVOCATIONS;
  return vec2u(at / 4u, at % 4u);
}

/// Columns 4 c to 4 c + 3 are 16 slots apart, so that the invocations of a row read without conflicts.
fn right_slot(column: u32) -> u32 { return column % 4u * ACROSS + column / 4u; }

/// Adds one round of left right^T.
fn add_scores(scores: Patch, down: u32, across: u32) -> Patch {
  var sums = scores;
  for (var q = 0u; q < 4u; q++) {
    let columns = mat4x4f(
      right_rows[across][q], right_rows[ACROSS + across][q], right_rows[2u * ACROSS + across][q], right_rows[3u * ACROSS + across][q]);
    sums = Patch(
      sums[0] + left_rows[4u * down][q] * columns, sums[1] + left_rows[4u * down + 1u][q] * columns,
      sums[2] + left_rows[4u * down + 2u][q] * columns, sums[3] + left_rows[4u * down + 3u][q] * columns);
  }
  return sums;
}

/// Adds one round of tile values: columns 16 round to 16 round + 15 of the tile.
fn add_values(products: Patch, round: u32, down: u32, across: u32) -> Patch {
  var sums = products;
  for (var q = 0u; q < 4u; q++) {
    let values = mat4x4f(
      value_rows[4u * q][across], value_rows[4u * q + 1u][across], value_rows[4u * q + 2u][across], value_rows[4u * q + 3u][across]);
    let c = 4u * round + q;
    sums = Patch(
      sums[0] + values * score_tile[4u * down][c], sums[1] + values * score_tile[4u * down + 1u][c],
      sums[2] + values * score_tile[4u * down + 2u][c], sums[3] + values * score_tile[4u * down + 3u][c]);
  }
  return sums;
}

/// A tile of scores: rotated rows of the head `left` with those of the head `right`.
fn scores_of(left: Head, right: Head, local: u32) -> Patch {
  var scores = Patch();
  let row = local / 2u;
  let slot = local % 2u * 2u;
  for (var c = 0u; c < dims.depth; c += 4u) {
    workgroupBarrier();
    if (row < ROWS) {
      let pair = pair_at(left.row + row, left.column, c + slot);
      left_rows[row][slot] = pair.first;
      left_rows[row][slot + 1u] = pair.second;
    }
    let pair = pair_at(right.row + row, right.column, c + slot);
    right_rows[right_slot(row)][slot] = pair.first;
    right_rows[right_slot(row)][slot + 1u] = pair.second;
    workgroupBarrier();
    scores = add_scores(scores, local / ACROSS, local % ACROSS);
  }
  return scores;
}

/// Adds the tile times 64 rows of a head, of which it takes the vec4s of one panel.
fn add_head(products: Patch, head: Head, panel: u32, local: u32) -> Patch {
  var sums = products;
  for (var round = 0u; round < 4u; round++) {
    workgroupBarrier();
    for (var i = 0u; i < 2u; i++) {
      let at = local + i * INVOCATIONS;
      value_rows[at / PANEL][at % PANEL] = qkv_at(head.row + 16u * round + at / PANEL, head.column, panel * PANEL + at % PANEL);
    }
    workgroupBarrier();
    sums = add_values(sums, round, local / ACROSS, local % ACROSS);
  }
  return sums;
}

/// The same with rotated rows, of which it takes the slots of one panel.
fn add_rotated(products: Patch, head: Head, panel: u32, local: u32) -> Patch {
  var sums = products;
  let row = local / (PANEL / 2u);
  let slot = local % (PANEL / 2u) * 2u;
  for (var round = 0u; round < 4u; round++) {
    workgroupBarrier();
    let pair = pair_at(head.row + 16u * round + row, head.column, panel * PANEL + slot);
    value_rows[row][slot] = pair.first;
    value_rows[row][slot + 1u] = pair.second;
    workgroupBarrier();
    sums = add_values(sums, round, local / ACROSS, local % ACROSS);
  }
  return sums;
}

fn put_tile(values: Patch, down: u32, across: u32) {
  for (var i = 0u; i < 4u; i++) { score_tile[4u * down + i][across] = values[i]; }
}

/// The largest of `value` over the invocations of a row of the tile; one component per row of the invocation.
fn largest_of_rows(value: vec4f, down: u32, across: u32) -> vec4f {
  workgroupBarrier();
  row_parts[down][across] = value;
  workgroupBarrier();
  var result = row_parts[down][0];
  for (var i = 1u; i < ACROSS; i++) { result = max(result, row_parts[down][i]); }
  return result;
}

/// The sum, otherwise the same.
fn sum_of_rows(value: vec4f, down: u32, across: u32) -> vec4f {
  workgroupBarrier();
  row_parts[down][across] = value;
  workgroupBarrier();
  var result = row_parts[down][0];
  for (var i = 1u; i < ACROSS; i++) { result += row_parts[down][i]; }
  return result;
}

/// Which of four keys a query sees, and which of four queries see a key.
fn sees_keys(query: u32, keys: vec4u, window: u32) -> vec4<bool> {
  return (keys <= vec4u(query)) & (keys >= vec4u(query - min(query, window - 1u)));
}
fn seen_by(queries: vec4u, key: u32, window: u32) -> vec4<bool> {
  return (vec4u(key) <= queries) & (vec4u(key) >= queries - min(queries, vec4u(window - 1u)));
}
