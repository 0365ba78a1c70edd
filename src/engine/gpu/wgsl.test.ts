// What is read from WGSL text: an entry point's bindings (also through calls), its uniform fields, and breaches of the contract.
import { expect, test } from "vitest";
import { EngineError } from "../errors.ts";
import { readEntryPoint } from "./wgsl.ts";

const CODE = `
struct Dims { rows: u32, scale: f32 } // trailing words: @group(0) @binding(9) var<storage, read> ghost: array<f32>;
@group(1) @binding(0) var<uniform> dims: Dims;
struct Other { count: i32, }
@group(1) @binding(0) var<uniform> other: Other;
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<storage> lonely: array<f32>;
/* fn hidden() { lonely[0]; } */
fn row(id: vec3u) -> u32 { return id.y * dims.rows; }
@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) { if (row(id) > 0u) { y[id.x] = x[id.x] * dims.scale; } }
@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) { dx[id.x] = dy[id.x].y * x[0] * f32(other.count); }
@compute @workgroup_size(1)
fn gap() { _ = x[0]; _ = lonely[0]; }
@compute @workgroup_size(1)
fn twice() { y[0] = dy[0].x; }
@compute @workgroup_size(1)
fn plain() { y[0] = x[0]; }
`;

test("bindings and fields that an entry point uses, also through calls and with swizzles", () => {
  expect(readEntryPoint(CODE, "forward", "test")).toEqual({
    bindings: [
      { name: "x", access: "read" },
      { name: "y", access: "read_write" },
    ],
    fields: [
      { name: "rows", type: "u32" },
      { name: "scale", type: "f32" },
    ],
  });
  expect(readEntryPoint(CODE, "backward", "test")).toEqual({
    bindings: [
      { name: "x", access: "read" },
      { name: "dy", access: "read" },
      { name: "dx", access: "read_write" },
    ],
    fields: [{ name: "count", type: "i32" }],
  });
  expect(readEntryPoint(CODE, "plain", "test").fields).toEqual([]);
});

test.each([
  ["gap", /binding 1 is missing/],
  ["twice", /expected one variable per binding, got y and dy for binding 1/],
  ["absent", /no entry point "absent"/],
])("%s is refused", (entry, message) => {
  expect(() => readEntryPoint(CODE, entry, "test")).toThrow(EngineError);
  expect(() => readEntryPoint(CODE, entry, "test")).toThrow(message);
});

test("a uniform field that is not a scalar is refused with its text", () => {
  const code = "struct U { v: vec4f } @group(1) @binding(0) var<uniform> u: U; fn main() { _ = u.v; }";
  expect(() => readEntryPoint(code, "main", "test")).toThrow(/v: vec4f/);
});
