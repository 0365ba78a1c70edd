// How fast the adapter multiplies and adds: fma on values in registers, nothing else. Two loops, because compilers differ in which they like.
// Each invocation of `vector` does ROUNDS * 64 fma, of `scalar` ROUNDS * 8. y: one f32 per invocation, so that nothing is optimised away.

@group(0) @binding(0) var<storage, read_write> y: array<f32>;

override ROUNDS: u32 = 256u;

@compute @workgroup_size(64)
fn vector(@builtin(global_invocation_id) id: vec3u) {
  let m = vec4f(0.999 + f32(id.x) * 1e-9);
  let c = vec4f(1e-3);
  var a = vec4f(f32(id.x)); var b = a + 1.0; var d = a + 2.0; var e = a + 3.0;
  for (var i = 0u; i < ROUNDS; i++) {
    a = fma(a, m, c); b = fma(b, m, c); d = fma(d, m, c); e = fma(e, m, c);
    a = fma(a, m, c); b = fma(b, m, c); d = fma(d, m, c); e = fma(e, m, c);
    a = fma(a, m, c); b = fma(b, m, c); d = fma(d, m, c); e = fma(e, m, c);
    a = fma(a, m, c); b = fma(b, m, c); d = fma(d, m, c); e = fma(e, m, c);
  }
  let sum = a + b + d + e;
  y[id.x] = sum.x + sum.y + sum.z + sum.w;
}

@compute @workgroup_size(64)
fn scalar(@builtin(global_invocation_id) id: vec3u) {
  let m = 0.999 + f32(id.x) * 1e-9;
  let c = 1e-3;
  var a = f32(id.x); var b = a + 1.0; var d = a + 2.0; var e = a + 3.0;
  var f = a + 4.0; var g = a + 5.0; var h = a + 6.0; var k = a + 7.0;
  for (var i = 0u; i < ROUNDS; i++) {
    a = fma(a, m, c); b = fma(b, m, c); d = fma(d, m, c); e = fma(e, m, c);
    f = fma(f, m, c); g = fma(g, m, c); h = fma(h, m, c); k = fma(k, m, c);
  }
  y[id.x] = a + b + d + e + f + g + h + k;
}
