// The size of a gate tile, which plain data and WGSL both need: the one size that is written twice.
import { expect, test } from "vitest";
import code from "../../../../shaders/lib/gate_tiles.wgsl?raw";
import { readSizes } from "../../gpu/wgslSizes.ts";
import { GATE_TILE } from "../../masks/gates.ts";

test("masks/gates.ts and lib/gate_tiles.wgsl agree on the size of a gate tile", () => {
  const entry = "@compute @workgroup_size(GATE_TILE) fn any() {}";
  expect(readSizes({ label: "gate tiles", code: `${code}\n${entry}`, entry: "any" }).workgroup).toBe(GATE_TILE);
});
