// The map of norms: its words, sorted or not, and the places in it.
import { expect, it } from "vitest";
import { NORM_PLACES, normCorner, normsGeometry } from "./normsGeometry.ts";

const space = { width: 400, pixelRatio: 1, measure: (text: string) => 6 * text.length };
const rows = [Float32Array.of(2, 8, 4), Float32Array.of(16, 1, 2)];
const plain = normsGeometry({ rows, what: "input of down", sorted: false }, space);
const sorted = normsGeometry({ rows, what: "input of down", sorted: true }, space);

it("names the range of its colours", () => {
  expect(plain.legend.items.map(({ label }) => label)).toEqual(["1", "to 16, log scale", "norm of the input of down"]);
  expect(plain.name).toContain("in 2 blocks of 3 neurons, from 1 to 16");
});

it("finds neurons where they are drawn", () => {
  for (const at of [
    { row: 0, neuron: 2 },
    { row: 1, neuron: 0 },
  ]) {
    const { x, y } = normCorner(plain, at);
    expect(NORM_PLACES.locate(plain, x, y + 1)).toEqual(at);
  }
  expect(NORM_PLACES.locate(plain, 10, 30)).toBeNull();
});

it("keeps the neurons' numbers where norms are sorted", () => {
  const shown = NORM_PLACES.tip(sorted, { row: 0, neuron: 0 });
  expect(shown?.tip.title).toBe("block 0, neuron 1");
  expect(shown?.tip.rows.map(({ label, value }) => `${label} ${value}`)).toEqual(["norm 8", "rank in the block 1"]);
});
