// For adapters without quads: each invocation loads everything itself. The alternative to quad.wgsl; one of the two is the first text of
// a kernel.

const SHARING = 1u;

/// Declared only so that the text compiles: with SHARING = 1 it is never called.
fn share(value: vec4f) -> mat4x4f { return mat4x4f(value, value, value, value); }
