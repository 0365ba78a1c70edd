// For adapters whose subgroups are quads (SwiftShader): each invocation of a quad loads one row of four and the rows are passed round,
// because a load there costs twenty times an fma. A kernel takes either this file or alone.wgsl, as its very first text.
enable subgroups;
diagnostic(off, subgroup_uniformity);  // branches depend on the tile, and a quad shares its tile

const SHARING = 4u;

/// The values of the four invocations: column i is that of invocation lane ^ i.
fn share(value: vec4f) -> mat4x4f {
  return mat4x4f(value, quadSwapX(value), quadSwapY(value), quadSwapDiagonal(value));
}
