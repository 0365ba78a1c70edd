// dX(M,K) = dY(M,N) W(N,K): backward of a linear layer to its input.
// Row-major f32. One quad computes 16 rows x 32 columns. Dispatch: ceil(ceil(M/16) * ceil(K/32) / QUADS) workgroups in x.
// For software adapters with subgroups (SwiftShader: 4 invocations are one SIMD register and every load is a
// gather of four scalars, twenty times dearer than an fma). The four invocations of a quad load different rows
// and pass them round with quadSwap, so no value is loaded twice inside a tile. No barrier, no memory but registers.
enable subgroups;

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> w: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;

struct Dims {
  m: u32,           // rows of the activations
  n: u32,           // out features (rows of W), multiple of 4
  k: u32,           // in features (columns of W), multiple of 4
}
@group(1) @binding(0) var<uniform> dims: Dims;

override QUADS: u32 = 4u;  // quads a workgroup: 4 on SwiftShader

fn put(row: u32, col4: u32, value: vec4f) {
  let out4 = dims.k / 4u;
  if (row < dims.m && col4 < out4) {
    let at = row * out4 + col4;
    dx[at] = value;
  }
}

@compute @workgroup_size(4 * QUADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % 4u;
  let k4 = dims.k / 4u;
  let n4 = dims.n / 4u;
  let tiles_across = (k4 + 7u) / 8u;
  let tile = group.x * QUADS + local / 4u;
  let row = (tile / tiles_across) * 16u;
  let col = (tile % tiles_across) * 8u + lane;  // in vec4s

  // Rows and columns past the edge read the last valid one; put() drops what they compute.
  let last = dims.m - 1u;
  let a0 = min(row + lane, last) * n4;
  let a1 = min(row + 4u + lane, last) * n4;
  let a2 = min(row + 8u + lane, last) * n4;
  let a3 = min(row + 12u + lane, last) * n4;
  let w0 = min(col + 0u, k4 - 1u);
  let w1 = min(col + 4u, k4 - 1u);

  // c<i><h>: row group i / 4, row lane ^ (i % 4) of it; column group h
  var c0_0 = vec4f(); var c0_1 = vec4f();
  var c1_0 = vec4f(); var c1_1 = vec4f();
  var c2_0 = vec4f(); var c2_1 = vec4f();
  var c3_0 = vec4f(); var c3_1 = vec4f();
  var c4_0 = vec4f(); var c4_1 = vec4f();
  var c5_0 = vec4f(); var c5_1 = vec4f();
  var c6_0 = vec4f(); var c6_1 = vec4f();
  var c7_0 = vec4f(); var c7_1 = vec4f();
  var c8_0 = vec4f(); var c8_1 = vec4f();
  var c9_0 = vec4f(); var c9_1 = vec4f();
  var c10_0 = vec4f(); var c10_1 = vec4f();
  var c11_0 = vec4f(); var c11_1 = vec4f();
  var c12_0 = vec4f(); var c12_1 = vec4f();
  var c13_0 = vec4f(); var c13_1 = vec4f();
  var c14_0 = vec4f(); var c14_1 = vec4f();
  var c15_0 = vec4f(); var c15_1 = vec4f();

  for (var t = 0u; t < n4; t++) {
    let m0 = mat4x4f(w[4u * t * k4 + w0], w[(4u * t + 1u) * k4 + w0], w[(4u * t + 2u) * k4 + w0], w[(4u * t + 3u) * k4 + w0]);
    let m1 = mat4x4f(w[4u * t * k4 + w1], w[(4u * t + 1u) * k4 + w1], w[(4u * t + 2u) * k4 + w1], w[(4u * t + 3u) * k4 + w1]);
    let s0 = dy[a0 + t];
    let s4 = dy[a1 + t];
    let s8 = dy[a2 + t];
    let s12 = dy[a3 + t];
    let s1 = quadSwapX(s0); let s2 = quadSwapY(s0); let s3 = quadSwapDiagonal(s0);
    c0_0 += m0 * s0; c0_1 += m1 * s0;
    c1_0 += m0 * s1; c1_1 += m1 * s1;
    c2_0 += m0 * s2; c2_1 += m1 * s2;
    c3_0 += m0 * s3; c3_1 += m1 * s3;
    let s5 = quadSwapX(s4); let s6 = quadSwapY(s4); let s7 = quadSwapDiagonal(s4);
    c4_0 += m0 * s4; c4_1 += m1 * s4;
    c5_0 += m0 * s5; c5_1 += m1 * s5;
    c6_0 += m0 * s6; c6_1 += m1 * s6;
    c7_0 += m0 * s7; c7_1 += m1 * s7;
    let s9 = quadSwapX(s8); let s10 = quadSwapY(s8); let s11 = quadSwapDiagonal(s8);
    c8_0 += m0 * s8; c8_1 += m1 * s8;
    c9_0 += m0 * s9; c9_1 += m1 * s9;
    c10_0 += m0 * s10; c10_1 += m1 * s10;
    c11_0 += m0 * s11; c11_1 += m1 * s11;
    let s13 = quadSwapX(s12); let s14 = quadSwapY(s12); let s15 = quadSwapDiagonal(s12);
    c12_0 += m0 * s12; c12_1 += m1 * s12;
    c13_0 += m0 * s13; c13_1 += m1 * s13;
    c14_0 += m0 * s14; c14_1 += m1 * s14;
    c15_0 += m0 * s15; c15_1 += m1 * s15;
  }

  put(row + 0u + (lane ^ 0u), col + 0u, c0_0); put(row + 0u + (lane ^ 0u), col + 4u, c0_1);
  put(row + 0u + (lane ^ 1u), col + 0u, c1_0); put(row + 0u + (lane ^ 1u), col + 4u, c1_1);
  put(row + 0u + (lane ^ 2u), col + 0u, c2_0); put(row + 0u + (lane ^ 2u), col + 4u, c2_1);
  put(row + 0u + (lane ^ 3u), col + 0u, c3_0); put(row + 0u + (lane ^ 3u), col + 4u, c3_1);
  put(row + 4u + (lane ^ 0u), col + 0u, c4_0); put(row + 4u + (lane ^ 0u), col + 4u, c4_1);
  put(row + 4u + (lane ^ 1u), col + 0u, c5_0); put(row + 4u + (lane ^ 1u), col + 4u, c5_1);
  put(row + 4u + (lane ^ 2u), col + 0u, c6_0); put(row + 4u + (lane ^ 2u), col + 4u, c6_1);
  put(row + 4u + (lane ^ 3u), col + 0u, c7_0); put(row + 4u + (lane ^ 3u), col + 4u, c7_1);
  put(row + 8u + (lane ^ 0u), col + 0u, c8_0); put(row + 8u + (lane ^ 0u), col + 4u, c8_1);
  put(row + 8u + (lane ^ 1u), col + 0u, c9_0); put(row + 8u + (lane ^ 1u), col + 4u, c9_1);
  put(row + 8u + (lane ^ 2u), col + 0u, c10_0); put(row + 8u + (lane ^ 2u), col + 4u, c10_1);
  put(row + 8u + (lane ^ 3u), col + 0u, c11_0); put(row + 8u + (lane ^ 3u), col + 4u, c11_1);
  put(row + 12u + (lane ^ 0u), col + 0u, c12_0); put(row + 12u + (lane ^ 0u), col + 4u, c12_1);
  put(row + 12u + (lane ^ 1u), col + 0u, c13_0); put(row + 12u + (lane ^ 1u), col + 4u, c13_1);
  put(row + 12u + (lane ^ 2u), col + 0u, c14_0); put(row + 12u + (lane ^ 2u), col + 4u, c14_1);
  put(row + 12u + (lane ^ 3u), col + 0u, c15_0); put(row + 12u + (lane ^ 3u), col + 4u, c15_1);
}
