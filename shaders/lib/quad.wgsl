// For adapters whose subgroups are quads (SwiftShader): each invocation of a quad loads one of four rows and shares it with the others,
// because a load costs twenty times as much as an fma there. The alternative to alone.wgsl; one of the two is the first text of a kernel.
enable subgroups;
diagnostic(off, subgroup_uniformity);  // branches depend on the tile only, which all invocations of a quad have in common

const SHARING = 4u;

/// The values of the four invocations: column i is that of invocation lane ^ i.
fn share(value: vec4f) -> mat4x4f {
  return mat4x4f(value, quadSwapX(value), quadSwapY(value), quadSwapDiagonal(value));
}
