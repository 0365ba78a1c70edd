// Columns four at a time: `Value` number c of a row holds columns 4c to 4c + 3. A kernel takes either this file or scalar.wgsl in front.

alias Value = vec4f;
alias Index = vec4u;
const WIDTH = 4u;

fn total(value: Value) -> f32 { return (value.x + value.y) + (value.z + value.w); }
fn largest(value: Value) -> f32 { return max(max(value.x, value.y), max(value.z, value.w)); }
fn columns_of(c: u32) -> Index { return vec4u(4u * c) + vec4u(0u, 1u, 2u, 3u); }
