// Y(M,N) = X(M,K) W(N,K)^T + bias: forward of a linear layer.
// For few rows (decoding, M <= 4), else nt_quad.wgsl: the same kernel with a smaller tile.
// Row-major f32. One quad computes 4 rows x 16 columns. Dispatch: ceil(ceil(M/4) * ceil(N/16) / QUADS) workgroups in x.
// For software adapters with subgroups (SwiftShader: 4 invocations are one SIMD register and every load is a
// gather of four scalars, twenty times dearer than an fma). The four invocations of a quad load different rows
// and pass them round, so no value is loaded twice inside a tile. No barrier, no memory but registers.
// Needs lib/quad.wgsl, lib/grid.wgsl, lib/vec4.wgsl and lib/weights_*.wgsl in front.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;  // any buffer when BIAS is false
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

struct Dims {
  m: u32,           // rows of the activations
  n: u32,           // out features (rows of W), multiple of 4
  k: u32,           // in features (columns of W), multiple of 4
}
@group(1) @binding(0) var<uniform> dims: Dims;

override BIAS: bool = false;
override QUADS: u32 = 1u;  // quads a workgroup: 1 on SwiftShader

fn put(row: u32, col4: u32, value: vec4f) {
  let out4 = dims.n / 4u;
  if (row < dims.m && col4 < out4) {
    let at = row * out4 + col4;
    y[at] = value;
  }
}

@compute @workgroup_size(4 * QUADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % 4u;
  let k4 = dims.k / 4u;
  let n4 = dims.n / 4u;
  let tiles_across = (n4 + 3u) / 4u;
  let tile = flat_workgroup(group, counts) * QUADS + local / 4u;
  let row = (tile / tiles_across) * 4u;
  let col = (tile % tiles_across) * 4u + lane;  // in vec4s

  // Rows and columns past the edge read the last valid one; put() drops what they compute.
  let last = dims.m - 1u;
  let a0 = min(row + lane, last) * k4;
  let w0 = min(col, n4 - 1u) * 4u * k4;

  // c<i><h>: row group i / 4, row lane ^ (i % 4) of it; column group h
  var c0_0 = vec4f();
  var c1_0 = vec4f();
  var c2_0 = vec4f();
  var c3_0 = vec4f();

  for (var t = 0u; t < k4; t++) {
    let m0 = mat4x4f(weight_at(w0 + t), weight_at(w0 + k4 + t), weight_at(w0 + 2u * k4 + t), weight_at(w0 + 3u * k4 + t));
    let rows = share(x[a0 + t]);
    c0_0 += rows[0] * m0;
    c1_0 += rows[1] * m0;
    c2_0 += rows[2] * m0;
    c3_0 += rows[3] * m0;
  }

  if (BIAS) {
    let b0 = bias[min(col + 0u, n4 - 1u)];
    c0_0 += b0;
    c1_0 += b0;
    c2_0 += b0;
    c3_0 += b0;
  }

  put(row + 0u + (lane ^ 0u), col + 0u, c0_0);
  put(row + 0u + (lane ^ 1u), col + 0u, c1_0);
  put(row + 0u + (lane ^ 2u), col + 0u, c2_0);
  put(row + 0u + (lane ^ 3u), col + 0u, c3_0);
}
