// A Value is one column, for widths that are not multiples of 4. The alternative to vec4.wgsl.

alias Value = f32;
alias Index = u32;
const WIDTH = 1u;

fn total(value: Value) -> f32 { return value; }
fn largest(value: Value) -> f32 { return value; }
fn columns_of(c: u32) -> Index { return c; }
fn component(value: Value, i: u32) -> f32 { return value; }
fn assemble(v0: f32, v1: f32, v2: f32, v3: f32) -> Value { return v0; }
