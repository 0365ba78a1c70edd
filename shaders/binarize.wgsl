// Gates from gate logits x and noise u, all flat (METHOD.md 1.3). Padding gates are 0 and get no gradient. With pi = sigmoid(x + offset):
//   bernoulli: B = [u < pi]
//   gumbel: s = sigmoid((x + G + offset) / temperature) with G = -ln(-ln u); rounded if `hard`
//   bernoulli_backward: straight-through dx = dB pi (1 - pi); `reinmax` dx = dB (1 - pi)/2 where B = 1, dB pi/2 where B = 0
//     (Liu et al. 2023)
//   gumbel_backward: dx = ds s (1 - s) / temperature, for soft and for rounded gates
// One workgroup per tile of gates. Needs lib/grid.wgsl, lib/gate_tiles.wgsl and lib/sigmoid.wgsl.

override hard = false;
override reinmax = false;

struct Dims { tiles: u32, offset: f32, temperature: f32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> u: array<f32>;
@group(0) @binding(2) var<storage, read> tiles: array<GateTile>;
@group(0) @binding(3) var<storage, read_write> gates: array<f32>;

/// -ln u. Near 1, log() is only accurate to 5e-7 absolute, so ln u = 2 artanh((u - 1) / (u + 1)) is used: u - 1 is exact there.
fn minus_log(u: f32) -> f32 {
  if (u < 0.5) { return -log(u + 1e-20); }
  let s = (1.0 - u) / (1.0 + u);
  let q = s * s;
  return 2.0 * s * (1.0 + q * (1.0 / 3.0 + q * (0.2 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q / 13.0))))));
}

fn gumbel_sigmoid(x: f32, u: f32) -> f32 {
  return sigmoid((x - log(minus_log(u) + 1e-20) + dims.offset) / dims.temperature);
}

@compute @workgroup_size(GATE_TILE)
fn bernoulli(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = flat_workgroup(group, counts);
  if (tile >= dims.tiles) { return; }
  let i = tile * GATE_TILE + lane;
  let on = u[i] < sigmoid(x[i] + dims.offset);
  gates[i] = select(0.0, 1.0, on && lane < tiles[tile].gates);
}

@compute @workgroup_size(GATE_TILE)
fn gumbel(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = flat_workgroup(group, counts);
  if (tile >= dims.tiles) { return; }
  let i = tile * GATE_TILE + lane;
  let soft = gumbel_sigmoid(x[i], u[i]);
  gates[i] = select(0.0, select(soft, round(soft), hard), lane < tiles[tile].gates);
}

@group(0) @binding(1) var<storage, read> drawn: array<f32>;
@group(0) @binding(3) var<storage, read> dgates: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(GATE_TILE)
fn bernoulli_backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = flat_workgroup(group, counts);
  if (tile >= dims.tiles) { return; }
  let i = tile * GATE_TILE + lane;
  // 1 - pi as a sigmoid, so that nothing cancels where pi is near 1
  let on = sigmoid(x[i] + dims.offset);
  let off = sigmoid(-x[i] - dims.offset);
  let slope = select(on * off, 0.5 * select(on, off, drawn[i] > 0.5), reinmax);
  dx[i] = select(0.0, dgates[i] * slope, lane < tiles[tile].gates);
}

@compute @workgroup_size(GATE_TILE)
fn gumbel_backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = flat_workgroup(group, counts);
  if (tile >= dims.tiles) { return; }
  let i = tile * GATE_TILE + lane;
  let soft = gumbel_sigmoid(x[i], u[i]);
  dx[i] = select(0.0, dgates[i] * soft * (1.0 - soft) / dims.temperature, lane < tiles[tile].gates);
}
