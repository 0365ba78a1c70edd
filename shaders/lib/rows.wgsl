// Sums and maxima over rows. LANES invocations share one row, and a workgroup has ROWS rows: 64 x 1 where barriers are cheap, 1 x 4 on
// software adapters, where they are not (LANES = 1 needs no barrier). Every invocation of the workgroup must call row_sum and row_max, so
// a kernel must not return early for rows past the end: it works on row_index().clamped and writes only if row_index().inside.
// Needs lib/grid.wgsl.

override LANES: u32 = 64u;
override ROWS: u32 = 1u;  // 1 unless LANES is 1

struct Row { clamped: u32, lane: u32, inside: bool }

fn row_index(group: u32, local: u32, rows: u32) -> Row {
  let row = group * ROWS + local / LANES;
  return Row(min(row, rows - 1u), local % LANES, row < rows);
}

var<workgroup> row_scratch: array<f32, 256>;  // LANES at most

fn row_sum(value: f32, lane: u32) -> f32 {
  if (LANES == 1u) { return value; }
  workgroupBarrier();
  row_scratch[lane] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { row_scratch[lane] += row_scratch[lane + half]; }
  }
  workgroupBarrier();
  return row_scratch[0];
}

fn row_max(value: f32, lane: u32) -> f32 {
  if (LANES == 1u) { return value; }
  workgroupBarrier();
  row_scratch[lane] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { row_scratch[lane] = max(row_scratch[lane], row_scratch[lane + half]); }
  }
  workgroupBarrier();
  return row_scratch[0];
}
