// For adapters without quads: each invocation loads all that it needs. A kernel takes either this file or quad.wgsl, as its very first text.

const SHARING = 1u;

/// Never called here: with SHARING = 1 nothing is shared.
fn share(value: vec4f) -> mat4x4f { return mat4x4f(value, value, value, value); }
