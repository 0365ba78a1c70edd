// A tile of a matrix product by one workgroup whose subgroups multiply small matrices as a unit, on the matrix units of graphics cards. A
// team is the invocations of one subgroup; each makes DOWN x ACROSS matrices of the tile.
// Units that multiply halves add the products up in f32. A factor in f32 is then scaled by a power of two and stored as the sum of two
// halves, which keep 22 of its 24 bits; the product of the two low halves is left out. Each round has its own scale, which brings the largest
// value of the workgroup's part of the factor to between 2^10 and 2^15, and the sums follow. A value keeps fewer bits where its low half is
// subnormal: from 2^-18 of the largest at best, from 2^-13 at worst.
// The launcher puts before it (ops/kit/matrixTiles.ts):
//   const MATRIX_ROWS, MATRIX_COLUMNS, MATRIX_STEPS: the unit multiplies MATRIX_ROWS x MATRIX_STEPS by MATRIX_STEPS x MATRIX_COLUMNS
//   alias Component: f16 or f32, what the unit multiplies
//   const LEFT_PARTS, RIGHT_PARTS: 2 for a factor in two halves, 1 for one that Component holds exactly
//   const MOST_LANES: most invocations of a subgroup
//   const TEAMS_DOWN, TEAMS_ACROSS
//   const ROW_GROUPS, COLUMN_GROUPS: groups of four rows and columns of the tile
//   const ROUND: steps per round, a multiple of MATRIX_STEPS and of 8
// and after it lib/tile_loads.wgsl, which says what the op's file defines.

/// Matrices of a team.
const DOWN = 4u * ROW_GROUPS / (TEAMS_DOWN * MATRIX_ROWS);
const ACROSS = 4u * COLUMN_GROUPS / (TEAMS_ACROSS * MATRIX_COLUMNS);
const TEAMS = TEAMS_DOWN * TEAMS_ACROSS;
const TILE_INVOCATIONS = TEAMS * MOST_LANES;

// Per part and step: four rows or columns per element, and two elements of padding against bank conflicts.
const LEFT_STRIDE = ROW_GROUPS + 2u;
const RIGHT_STRIDE = COLUMN_GROUPS + 2u;
var<workgroup> left_tile: array<vec4<Component>, LEFT_PARTS * ROUND * LEFT_STRIDE>;
var<workgroup> right_tile: array<vec4<Component>, RIGHT_PARTS * ROUND * RIGHT_STRIDE>;
/// Bits of the largest absolute value of this round and of the next one, in turns; those of positive numbers have the order of the numbers.
var<workgroup> left_largest: array<atomic<u32>, 2>;
var<workgroup> right_largest: array<atomic<u32>, 2>;
/// One matrix of results of each team.
const RESULT_STRIDE = MATRIX_COLUMNS / 4u;
var<workgroup> results: array<vec4f, TEAMS * MATRIX_ROWS * RESULT_STRIDE>;

alias Left = subgroup_matrix_left<Component, MATRIX_STEPS, MATRIX_ROWS>;
alias Right = subgroup_matrix_right<Component, MATRIX_COLUMNS, MATRIX_STEPS>;
alias Sums = array<array<subgroup_matrix_result<f32, MATRIX_COLUMNS, MATRIX_ROWS>, ACROSS>, DOWN>;

const UNSCALED = vec2u(127u);
/// No product of two scales is a higher power of two.
const HIGHEST_PRODUCT = 252;

/// The team of an invocation. Subgroups that are smaller than the largest are more than there are teams; the last ones repeat the last team.
fn team_of(local: u32) -> u32 { return min(local / subgroupAdd(1u), TEAMS - 1u); }

fn largest_in(block: mat4x4f) -> u32 {
  let most = max(max(abs(block[0]), abs(block[1])), max(abs(block[2]), abs(block[3])));
  return bitcast<u32>(max(max(most.x, most.y), max(most.z, most.w)));
}

/// Converts what was fetched for a round, and notes the largest values of factors in two parts. turn: 0 or 1.
fn convert(bits: ptr<function, array<Bits, OWN_LOADS>>, blocks: ptr<function, array<mat4x4f, OWN_LOADS>>, quarter: u32, turn: u32, local: u32) {
  var own = vec2u();
  for (var i = 0u; i < OWN_LOADS; i++) {
    let load = local + i * TILE_INVOCATIONS;
    if (load < LEFT_LOADS) {
      let block = left_block((*bits)[i], quarter + left_place(load).quarter);
      own.x = max(own.x, largest_in(block));
      (*blocks)[i] = block;
    } else if (load < LOADS) {
      let block = right_block((*bits)[i], quarter + right_place(load - LEFT_LOADS).quarter);
      own.y = max(own.y, largest_in(block));
      (*blocks)[i] = block;
    }
  }
  if (LEFT_PARTS == 1u && RIGHT_PARTS == 1u) { return; }
  let most = subgroupMax(own);
  if (!subgroupElect()) { return; }
  if (LEFT_PARTS == 2u) { atomicMax(&left_largest[turn], most.x); }
  if (RIGHT_PARTS == 2u) { atomicMax(&right_largest[turn], most.y); }
}

/// Exponents of the largest values of a round, with the bias of f32; 0 for zeros.
fn largest_exponents(turn: u32) -> vec2u {
  return vec2u(atomicLoad(&left_largest[turn]), atomicLoad(&right_largest[turn])) >> vec2u(23u);
}

/// The scales that a round needs, of the left and the right factor: powers of two, as exponents with the bias of f32. Zeros keep those before.
fn wanted_scales(largest: vec2u, before: vec2u) -> vec2u {
  return select(clamp(vec2u(268u) - largest, vec2u(1u), vec2u(253u)), before, largest == vec2u());
}

/// The product of two scales, as the exponent of a power of two.
fn product_of(scale: vec2u) -> i32 { return i32(scale.x + scale.y) - 254; }

/// Larger values than before must be scaled down; smaller ones are scaled up where that gains more than four bits, but not so far beyond the
/// lowest product of scales that the sums could overflow.
fn next_scales(scale: vec2u, wanted: vec2u, lowest: i32) -> vec2u {
  let next = select(scale, wanted, (wanted < scale) | (wanted > scale + vec2u(4u)));
  let beyond = u32(max(product_of(next) - (lowest + 64), 0));
  return vec2u(max(next.x, beyond + 1u) - beyond, next.y);
}

/// The lowest product of scales of the rounds that add something to the sums.
fn lowest_product(lowest: i32, scale: vec2u, largest: vec2u) -> i32 {
  let adds = all((largest > vec2u()) | (vec2u(LEFT_PARTS, RIGHT_PARTS) == vec2u(1u)));
  return select(lowest, min(lowest, product_of(scale)), adds);
}

/// Before the next values of a turn are noted.
fn forget(turn: u32) {
  atomicStore(&left_largest[turn], 0u);
  atomicStore(&right_largest[turn], 0u);
}

fn power(exponent: u32) -> f32 { return bitcast<f32>(exponent << 23u); }

/// The values rounded to the 11 bits of a half. By their bits: compilers may take a conversion to halves and back for the value itself.
fn high_part(value: vec4f) -> vec4f { return bitcast<vec4f>((bitcast<vec4u>(value) + vec4u(0x1000u)) & vec4u(0xffffe000u)); }

/// What is stored of four values; `low` is for factors in two parts.
struct Parts { high: vec4<Component>, low: vec4<Component> }
fn parts_of(value: vec4f, parts: u32) -> Parts {
  if (parts == 1u) { return Parts(vec4<Component>(value), vec4<Component>()); }
  let high = high_part(value);
  return Parts(vec4<Component>(high), vec4<Component>(value - high));
}

fn store(blocks: ptr<function, array<mat4x4f, OWN_LOADS>>, scale: vec2u, local: u32) {
  for (var i = 0u; i < OWN_LOADS; i++) {
    let load = local + i * TILE_INVOCATIONS;
    if (load < LEFT_LOADS) {
      let place = left_place(load);
      for (var j = 0u; j < 4u; j++) {
        let at = (4u * place.quarter + j) * LEFT_STRIDE + place.group;
        let parts = parts_of((*blocks)[i][j] * power(scale.x), LEFT_PARTS);
        left_tile[at] = parts.high;
        if (LEFT_PARTS == 2u) { left_tile[at + ROUND * LEFT_STRIDE] = parts.low; }
      }
    } else if (load < LOADS) {
      let place = right_place(load - LEFT_LOADS);
      for (var j = 0u; j < 4u; j++) {
        let at = (4u * place.quarter + j) * RIGHT_STRIDE + place.group;
        let parts = parts_of((*blocks)[i][j] * power(scale.y), RIGHT_PARTS);
        right_tile[at] = parts.high;
        if (RIGHT_PARTS == 2u) { right_tile[at + ROUND * RIGHT_STRIDE] = parts.low; }
      }
    }
  }
}

/// Adds a round to the sums of the team whose matrices begin at `corner`, a group of rows and a group of columns of the tile.
fn add_round(sums: ptr<function, Sums>, corner: vec2u) {
  for (var step = 0u; step < ROUND; step += MATRIX_STEPS) {
    var right: array<array<Right, RIGHT_PARTS>, ACROSS>;
    for (var j = 0u; j < ACROSS; j++) {
      for (var part = 0u; part < RIGHT_PARTS; part++) {
        let at = (part * ROUND + step) * RIGHT_STRIDE + corner.y + j * MATRIX_COLUMNS / 4u;
        right[j][part] = subgroupMatrixLoad<Right, row_major>(&right_tile, at, RIGHT_STRIDE);
      }
    }
    for (var i = 0u; i < DOWN; i++) {
      var left: array<Left, LEFT_PARTS>;
      for (var part = 0u; part < LEFT_PARTS; part++) {
        let at = (part * ROUND + step) * LEFT_STRIDE + corner.x + i * MATRIX_ROWS / 4u;
        left[part] = subgroupMatrixLoad<Left, col_major>(&left_tile, at, LEFT_STRIDE);
      }
      for (var j = 0u; j < ACROSS; j++) {
        var sum = (*sums)[i][j];
        // low by high before high by high; low by low is below the rounding of the sum
        if (LEFT_PARTS == 2u) { sum = subgroupMatrixMultiplyAccumulate(left[LEFT_PARTS - 1u], right[j][0], sum); }
        if (RIGHT_PARTS == 2u) { sum = subgroupMatrixMultiplyAccumulate(left[0], right[j][RIGHT_PARTS - 1u], sum); }
        (*sums)[i][j] = subgroupMatrixMultiplyAccumulate(left[0], right[j][0], sum);
      }
    }
  }
}

/// Multiplies the sums by 2^by, in two steps because that may be beyond the range of one f32.
fn scale_sums(sums: ptr<function, Sums>, by: i32) {
  let exponent = u32(clamp(by, -252, 252) + 254);
  let half = exponent / 2u;
  for (var i = 0u; i < DOWN; i++) {
    for (var j = 0u; j < ACROSS; j++) {
      (*sums)[i][j] = subgroupMatrixScalarMultiply(subgroupMatrixScalarMultiply((*sums)[i][j], power(half)), power(exponent - half));
    }
  }
}

/// Groups of rows and columns of the tile before the matrices of a team.
fn team_corner(team: u32) -> vec2u {
  return vec2u(team / TEAMS_ACROSS * DOWN * MATRIX_ROWS, team % TEAMS_ACROSS * ACROSS * MATRIX_COLUMNS) / vec2u(4u);
}

/// Writes the sums of all teams, one matrix of each at a time, four rows of four columns per invocation.
fn put_sums(sums: ptr<function, Sums>, corner: vec2u, slice: u32, local: u32) {
  let team = team_of(local);
  for (var i = 0u; i < DOWN; i++) {
    for (var j = 0u; j < ACROSS; j++) {
      subgroupMatrixStore<row_major>(&results, team * MATRIX_ROWS * RESULT_STRIDE, (*sums)[i][j], RESULT_STRIDE);
      workgroupBarrier();
      for (var block = local; block < TEAMS * MATRIX_ROWS / 4u * RESULT_STRIDE; block += TILE_INVOCATIONS) {
        let groups = block / RESULT_STRIDE;  // of rows, of the teams before and of this one
        let column4 = block % RESULT_STRIDE;
        let first = groups * 4u * RESULT_STRIDE + column4;
        let at = corner + team_corner(groups / (MATRIX_ROWS / 4u)) + vec2u(i * MATRIX_ROWS, j * MATRIX_COLUMNS) / vec2u(4u);
        put(slice, 4u * (at.x + groups % (MATRIX_ROWS / 4u)), at.y + column4, mat4x4f(
          results[first], results[first + RESULT_STRIDE], results[first + 2u * RESULT_STRIDE], results[first + 3u * RESULT_STRIDE]));
      }
      workgroupBarrier();
    }
  }
}

/// The part of the product that begins at `corner`, or of slice `slice` of its sum, which are the quarters from quarters.x up to quarters.y.
fn make_tile(corner: vec2u, slice: u32, quarters: vec2u, local: u32) {
  let own = team_corner(team_of(local));
  var sums: Sums;
  var bits: array<Bits, OWN_LOADS>;
  var blocks: array<mat4x4f, OWN_LOADS>;
  var turn = 0u;
  fetch(&bits, corner, quarters.x, local);
  convert(&bits, &blocks, quarters.x, turn, local);
  workgroupBarrier();
  let first = largest_exponents(turn);
  var scale = wanted_scales(first, UNSCALED);
  var lowest = lowest_product(HIGHEST_PRODUCT, scale, first);
  for (var quarter = quarters.x; quarter < quarters.y; quarter += QUARTERS) {
    store(&blocks, scale, local);
    turn = 1u - turn;
    workgroupBarrier();
    // the loads of the next round overlap with the arithmetic of this one
    fetch(&bits, corner, quarter + QUARTERS, local);
    add_round(&sums, own);
    convert(&bits, &blocks, quarter + QUARTERS, turn, local);
    workgroupBarrier();
    let largest = largest_exponents(turn);
    let next = next_scales(scale, wanted_scales(largest, scale), lowest);
    if (local == 0u) { forget(1u - turn); }
    let by = product_of(next) - product_of(scale);
    if (by != 0) { scale_sums(&sums, by); }
    scale = next;
    lowest = lowest_product(lowest, scale, largest);
  }
  scale_sums(&sums, -product_of(scale));
  put_sums(&sums, corner, slice, local);
}
