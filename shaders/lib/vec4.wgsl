// A Value is four columns: Value c of a row is columns 4c to 4c + 3. The alternative to scalar.wgsl.

alias Value = vec4f;
alias Index = vec4u;
const WIDTH = 4u;

fn total(value: Value) -> f32 { return (value.x + value.y) + (value.z + value.w); }
fn largest(value: Value) -> f32 { return max(max(value.x, value.y), max(value.z, value.w)); }
fn columns_of(c: u32) -> Index { return vec4u(4u * c) + vec4u(0u, 1u, 2u, 3u); }
fn component(value: Value, i: u32) -> f32 { return value[i]; }
fn assemble(v0: f32, v1: f32, v2: f32, v3: f32) -> Value { return vec4f(v0, v1, v2, v3); }
