// Unstructured pruning: of every line of `length` scores, the `removed` smallest are pruned; of equal scores the earlier one goes first.
// scores: f32, none negative; keep: u32 (1 kept, 0 pruned), both (rows, cols). `inner` is the stride within a line: 1 for rows, cols for
// columns. The bits of non-negative floats order as the floats do. So the threshold t is built bit by bit, from the highest bit down, as the
// largest t with fewer than `removed` scores below it. The position up to which scores equal to t are pruned too is found the same way.
// LANES invocations per line. Needs lib/grid.wgsl and lib/rows.wgsl.

struct Dims { lines: u32, length: u32, inner: u32, removed: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> scores: array<f32>;
@group(0) @binding(1) var<storage, read_write> keep: array<u32>;

fn key(at: u32) -> u32 { return bitcast<u32>(scores[at]); }

/// Scores of the line below `limit`.
fn count_below(start: u32, lane: u32, limit: u32) -> u32 {
  var count = 0u;
  for (var i = lane; i < dims.length; i += LANES) { count += u32(key(start + i * dims.inner) < limit); }
  return u32(row_sum(f32(count), lane));
}

/// Scores of the line equal to `value` before position `end`.
fn count_equal(start: u32, lane: u32, value: u32, end: u32) -> u32 {
  var count = 0u;
  for (var i = lane; i < min(end, dims.length); i += LANES) { count += u32(key(start + i * dims.inner) == value); }
  return u32(row_sum(f32(count), lane));
}

@compute @workgroup_size(LANES * ROWS)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let line = row_index(flat_workgroup(group, counts), local, dims.lines);
  let start = line.clamped / dims.inner * dims.inner * dims.length + line.clamped % dims.inner;
  var threshold = 0u;
  for (var bit = 0x40000000u; bit > 0u; bit >>= 1u) {
    if (count_below(start, line.lane, threshold | bit) < dims.removed) { threshold |= bit; }
  }
  let equals = dims.removed - min(dims.removed, count_below(start, line.lane, threshold));
  var end = 0u;
  for (var bit = 1u << firstLeadingBit(dims.length); bit > 0u; bit >>= 1u) {
    if (count_equal(start, line.lane, threshold, end | bit) <= equals) { end |= bit; }
  }
  if (!line.inside) { return; }
  for (var i = line.lane; i < dims.length; i += LANES) {
    let own = key(start + i * dims.inner);
    keep[start + i * dims.inner] = u32(own > threshold || (own == threshold && i >= end));
  }
}
