// Sizes read from WGSL text: constants, overrides and workgroup sizes, and the texts that are refused.
import { describe, expect, test } from "vitest";
import { EngineError } from "../errors.ts";
import { readSizes } from "./wgslSizes.ts";

const CODE = `
const TILE = 16u; // const TILE = 1u;
/* const TILE = 2u; */
const WIDE: u32 = 4u;
const COLUMNS = (TILE + 8u) * WIDE - 1u;
override LANES: u32 = 64u;
override ROWS: u32;
override HARD = false;
const ROUND_A = ROUND_B;
const ROUND_B = ROUND_A + 1u;
const DIVIDED = TILE / 2u;
const CALLED = max(TILE, 3u);
const VECTOR = vec2u(1u, 2u);
const HALF = 0.5f;
fn helper() -> u32 { return 0u; }
@compute @workgroup_size(LANES * 2u)
fn one(@builtin(workgroup_id) group: vec3u) { _ = COLUMNS; }
@workgroup_size(TILE, WIDE, 2)
@compute
fn three() {}
@compute @workgroup_size(ROWS)
fn open_ended() {}
@compute @workgroup_size(TILE / 2u)
fn divided() {}
@fragment
fn unsized() {}
`;

const sizes = (entry: string, constants: Record<string, number> = {}) =>
  readSizes({ label: "test", code: CODE, entry, constants });

describe("what can be read", () => {
  test.each([
    ["TILE", 16],
    ["WIDE", 4],
    ["COLUMNS", 95],
    ["LANES", 64],
    ["HARD", 0],
    ["HALF", 0.5],
  ])("%s is %d", (name, value) => {
    expect(sizes("one").constant(name)).toBe(value);
  });

  test("a workgroup size of one dimension, and the product of three", () => {
    expect(sizes("one").workgroup).toBe(128);
    expect(sizes("three").workgroup).toBe(128);
  });

  test("the launcher's value of an override, also where other sizes are made of it", () => {
    expect(sizes("one", { LANES: 1 }).workgroup).toBe(2);
    expect(sizes("one", { ROWS: 4 }).constant("ROWS")).toBe(4);
    expect(sizes("open_ended", { ROWS: 4 }).workgroup).toBe(4);
  });

  test("a const keeps its value, whatever the launcher sets", () => {
    expect(sizes("one", { TILE: 1 }).constant("TILE")).toBe(16);
  });
});

describe("what is refused", () => {
  test.each([
    ["MISSING", /declares no constant "MISSING"/],
    ["ROWS", /override "ROWS" needs a value/],
    ["ROUND_A", /defined by itself/],
    ["DIVIDED", /DIVIDED: expected numbers.*got "TILE \/ 2u"/],
    ["CALLED", /got "max\(TILE, 3u\)"/],
    ["VECTOR", /got "vec2u\(1u, 2u\)"/],
  ])("the constant %s", (name, message) => {
    expect(() => sizes("one").constant(name)).toThrow(EngineError);
    expect(() => sizes("one").constant(name)).toThrow(message);
  });

  test.each([
    ["absent", /no entry point "absent"/],
    ["unsized", /"unsized" has no @workgroup_size/],
    ["open_ended", /override "ROWS" needs a value/],
    ["divided", /workgroup size: expected numbers.*got "TILE \/ 2u"/],
  ])("the entry point %s", (entry, message) => {
    expect(() => sizes(entry)).toThrow(message);
  });
});
