// Causal attention: the softmax of each row.
//   softmax: p[h, t] = softmax over the keys that query t sees, 0 for the other keys of its tiles; stats[h, t] = (largest score, 1 / sum)
// LANES invocations per (h, t). stats is for all heads, p is for those of the dispatch. stride counts vec4s.
// Needs lib/alone.wgsl, lib/grid.wgsl, lib/rows.wgsl, lib/tile.wgsl and lib/causal.wgsl.

struct Dims { rows: u32, heads: u32, first_head: u32, stride: u32, window: u32, from_cache: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> start: array<u32>;
@group(0) @binding(1) var<storage, read_write> p: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> stats: array<vec2f>;

@compute @workgroup_size(LANES * ROWS)
fn softmax(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = row_index(flat_workgroup(group, counts), local, dims.heads * dims.rows);
  let t = row.clamped % dims.rows;
  let first = start[0] * dims.from_cache;
  let seen = keys_of_tile(t / TILE * TILE, first, dims.window) / 4u;
  let end = min(seen.y, dims.stride);
  let at = row.clamped * dims.stride;
  var most = vec4f(-3.4e38);
  for (var c = seen.x + row.lane; c < end; c += LANES) {
    most = max(most, select(vec4f(-3.4e38), p[at + c], sees(first + t, 4u * c, dims.window)));
  }
  let top = row_max(max(max(most.x, most.y), max(most.z, most.w)), row.lane);
  var sum = vec4f();
  for (var c = seen.x + row.lane; c < end; c += LANES) {
    let e = select(vec4f(), exp(min(p[at + c] - top, vec4f())), sees(first + t, 4u * c, dims.window));
    sum += e;
    if (row.inside) { p[at + c] = e; }
  }
  let inverse = 1.0 / row_sum(sum.x + sum.y + sum.z + sum.w, row.lane);
  if (!row.inside) { return; }
  for (var c = seen.x + row.lane; c < end; c += LANES) { p[at + c] *= inverse; }
  if (row.lane == 0u) { stats[dims.first_head * dims.rows + row.clamped] = vec2f(top, inverse); }
}
