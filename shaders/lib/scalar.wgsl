// Columns one at a time, for widths that are not multiples of four. A kernel takes either this file or vec4.wgsl in front.

alias Value = f32;
alias Index = u32;
const WIDTH = 1u;

fn total(value: Value) -> f32 { return value; }
fn largest(value: Value) -> f32 { return value; }
fn columns_of(c: u32) -> Index { return c; }
