// A bidirectional GRU over all time steps in one dispatch (Cho et al. 2014, with the equations of torch.nn.GRU). The first h is 0.
//   r = sigmoid(x_r + W_r h + b_r)    z = sigmoid(x_z + W_z h + b_z)    n = tanh(x_n + r * (W_n h + b_n))    h' = (1 - z) n + z h
// x: (steps, 3H), the input with its weights applied; W: (3H, H) and b: (3H), the hidden weights. The order of the gates is r, z, n.
// y: (steps, 2H), the forward direction, then the reverse one. saved: (2, steps, 4, H), r, z, n and W_n h + b_n of each step.
// dgates: (2, steps, 3H), the gradient of W h + b.
// forward, backward: workgroup 0 makes the forward direction and workgroup 1 the reverse one; invocation j makes unit j, so H <= SIZE.
// parameter_gradients: one invocation per block of BLOCK x 4 elements of dW; global y is the direction. H is a multiple of 4.
// Needs lib/sigmoid.wgsl.

const SIZE = 64u;  // invocations per workgroup, and the largest H
const BLOCK = 4u;  // rows and columns of dW per invocation

struct Dims { steps: u32, hidden: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> x_forward: array<f32>;
@group(0) @binding(1) var<storage, read> x_reverse: array<f32>;
@group(0) @binding(2) var<storage, read> w_forward: array<vec4f>;
@group(0) @binding(3) var<storage, read> b_forward: array<f32>;
@group(0) @binding(4) var<storage, read> w_reverse: array<vec4f>;
@group(0) @binding(5) var<storage, read> b_reverse: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;
@group(0) @binding(7) var<storage, read_write> saved: array<f32>;

// Two states: each step reads one and writes the other, so one barrier per step is enough.
var<workgroup> state: array<f32, 2u * SIZE>;

fn state4(at: u32) -> vec4f {
  return vec4f(state[at], state[at + 1u], state[at + 2u], state[at + 3u]);
}

/// Rows `unit`, H + unit and 2H + unit of W h + b, with the state h that starts at `from_state`.
fn hidden_forward(unit: u32, from_state: u32) -> vec3f {
  let quads = dims.hidden / 4u;
  let gate = dims.hidden * quads;
  var sums = vec3f();
  for (var k = 0u; k < quads; k++) {
    let h = state4(from_state + 4u * k);
    let at = unit * quads + k;
    sums += vec3f(dot(w_forward[at], h), dot(w_forward[at + gate], h), dot(w_forward[at + 2u * gate], h));
  }
  return sums + vec3f(b_forward[unit], b_forward[unit + dims.hidden], b_forward[unit + 2u * dims.hidden]);
}

fn hidden_reverse(unit: u32, from_state: u32) -> vec3f {
  let quads = dims.hidden / 4u;
  let gate = dims.hidden * quads;
  var sums = vec3f();
  for (var k = 0u; k < quads; k++) {
    let h = state4(from_state + 4u * k);
    let at = unit * quads + k;
    sums += vec3f(dot(w_reverse[at], h), dot(w_reverse[at + gate], h), dot(w_reverse[at + 2u * gate], h));
  }
  return sums + vec3f(b_reverse[unit], b_reverse[unit + dims.hidden], b_reverse[unit + 2u * dims.hidden]);
}

@compute @workgroup_size(SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) unit: u32) {
  let reverse = group.x == 1u;
  let size = dims.hidden;
  var h = 0.0;
  state[unit] = 0.0;
  for (var step = 0u; step < dims.steps; step++) {
    let t = select(step, dims.steps - 1u - step, reverse);
    let from_state = (step & 1u) * SIZE;
    workgroupBarrier();
    if (unit < size) {
      let at = t * 3u * size + unit;
      var x: vec3f;
      var hidden: vec3f;
      if (reverse) {
        x = vec3f(x_reverse[at], x_reverse[at + size], x_reverse[at + 2u * size]);
        hidden = hidden_reverse(unit, from_state);
      } else {
        x = vec3f(x_forward[at], x_forward[at + size], x_forward[at + 2u * size]);
        hidden = hidden_forward(unit, from_state);
      }
      let r = sigmoid(x.x + hidden.x);
      let z = sigmoid(x.y + hidden.y);
      let n = tanh_clamped(x.z + r * hidden.z);
      h = (1.0 - z) * n + z * h;
      state[SIZE - from_state + unit] = h;
      y[(2u * t + group.x) * size + unit] = h;
      let keep = (group.x * dims.steps + t) * 4u * size + unit;
      saved[keep] = r;
      saved[keep + size] = z;
      saved[keep + 2u * size] = n;
      saved[keep + 3u * size] = hidden.z;
    }
  }
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> y_saved: array<f32>;
@group(0) @binding(2) var<storage, read> gates: array<f32>;
@group(0) @binding(3) var<storage, read> w_forward_flat: array<f32>;
@group(0) @binding(4) var<storage, read> w_reverse_flat: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx_forward: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx_reverse: array<f32>;
@group(0) @binding(7) var<storage, read_write> dgates: array<f32>;

// Gradients of W h + b for the three gates, in two halves that alternate like the states.
var<workgroup> pulls: array<f32, 6u * SIZE>;

fn pull4(at: u32) -> vec4f {
  return vec4f(pulls[at], pulls[at + 1u], pulls[at + 2u], pulls[at + 3u]);
}

/// Gradient of unit `unit` of the previous step's h: column `unit` of W times the gradient of W h + b.
fn pull_forward(unit: u32, from_pull: u32) -> f32 {
  let size = dims.hidden;
  var sums = vec4f();
  for (var j = 0u; j < 3u * size; j += 4u) {
    let at = j * size + unit;
    sums = fma(pull4(from_pull + j), vec4f(w_forward_flat[at], w_forward_flat[at + size], w_forward_flat[at + 2u * size], w_forward_flat[at + 3u * size]), sums);
  }
  return dot(sums, vec4f(1.0));
}

fn pull_reverse(unit: u32, from_pull: u32) -> f32 {
  let size = dims.hidden;
  var sums = vec4f();
  for (var j = 0u; j < 3u * size; j += 4u) {
    let at = j * size + unit;
    sums = fma(pull4(from_pull + j), vec4f(w_reverse_flat[at], w_reverse_flat[at + size], w_reverse_flat[at + 2u * size], w_reverse_flat[at + 3u * size]), sums);
  }
  return dot(sums, vec4f(1.0));
}

@compute @workgroup_size(SIZE)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) unit: u32) {
  let reverse = group.x == 1u;
  let size = dims.hidden;
  let live = unit < size;
  var carry = 0.0;
  for (var back = 0u; back < dims.steps; back++) {
    let step = dims.steps - 1u - back;
    let t = select(step, dims.steps - 1u - step, reverse);
    let from_pull = (step & 1u) * 3u * SIZE;
    var kept = 0.0;
    if (live) {
      let keep = (group.x * dims.steps + t) * 4u * size + unit;
      let r = gates[keep];
      let z = gates[keep + size];
      let n = gates[keep + 2u * size];
      var before = 0.0;
      if (step > 0u) { before = y_saved[(2u * select(t - 1u, t + 1u, reverse) + group.x) * size + unit]; }
      let dh = dy[(2u * t + group.x) * size + unit] + carry;
      let dn = dh * (1.0 - z) * (1.0 - n * n);
      let dz = dh * (before - n) * z * (1.0 - z);
      let dr = dn * gates[keep + 3u * size] * r * (1.0 - r);
      kept = dh * z;
      pulls[from_pull + unit] = dr;
      pulls[from_pull + size + unit] = dz;
      pulls[from_pull + 2u * size + unit] = dn * r;
      let to = (group.x * dims.steps + t) * 3u * size + unit;
      dgates[to] = dr;
      dgates[to + size] = dz;
      dgates[to + 2u * size] = dn * r;
      let at = t * 3u * size + unit;
      if (reverse) {
        dx_reverse[at] = dr;
        dx_reverse[at + size] = dz;
        dx_reverse[at + 2u * size] = dn;
      } else {
        dx_forward[at] = dr;
        dx_forward[at + size] = dz;
        dx_forward[at + 2u * size] = dn;
      }
    }
    workgroupBarrier();
    if (live) {
      if (reverse) { carry = kept + pull_reverse(unit, from_pull); } else { carry = kept + pull_forward(unit, from_pull); }
    }
  }
}

@group(0) @binding(0) var<storage, read> dgates_saved: array<vec4f>;
@group(0) @binding(1) var<storage, read> y_read: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dw_forward: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> db_forward: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dw_reverse: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> db_reverse: array<vec4f>;

/// dW[j, k] = sum over the steps of dgates[j] * h[k], with h from before the step; db[j] = sum over the steps of dgates[j].
@compute @workgroup_size(SIZE)
fn parameter_gradients(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let quads = dims.hidden / 4u;
  let row = (group.x * SIZE + lane) / quads;
  let k = (group.x * SIZE + lane) % quads;
  if (row >= 3u * quads) { return; }
  let reverse = group.y == 1u;
  let from_gates = group.y * dims.steps * 3u * quads + row;
  var bias = vec4f();
  var sums = array<vec4f, BLOCK>();
  for (var step = 0u; step < dims.steps; step++) {
    let t = select(step, dims.steps - 1u - step, reverse);
    let slopes = dgates_saved[from_gates + t * 3u * quads];
    bias += slopes;
    if (step > 0u) {
      let h = y_read[(2u * select(t - 1u, t + 1u, reverse) + group.y) * quads + k];
      sums[0] += slopes.x * h;
      sums[1] += slopes.y * h;
      sums[2] += slopes.z * h;
      sums[3] += slopes.w * h;
    }
  }
  if (reverse) {
    for (var i = 0u; i < BLOCK; i++) { dw_reverse[(BLOCK * row + i) * quads + k] = sums[i]; }
    if (k == 0u) { db_reverse[row] = bias; }
  } else {
    for (var i = 0u; i < BLOCK; i++) { dw_forward[(BLOCK * row + i) * quads + k] = sums[i]; }
    if (k == 0u) { db_forward[row] = bias; }
  }
}
