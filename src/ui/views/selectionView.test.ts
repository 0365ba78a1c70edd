// The selection of the map in words, and figures that show only its blocks, under their own numbers.
import { expect, it } from "vitest";
import { bench, FACTS } from "../../state/client.fixture.ts";
import { widthsSource } from "./chartSources.ts";
import { widthsTable } from "./figureTables.ts";
import { onlyBlocks, selectionWords } from "./selectionView.ts";

it("says what is selected", () => {
  const words = (blocks: readonly [number, number] | null, dimensions: string | null) =>
    selectionWords({
      selectedBlocks: blocks,
      selectedDimensions: dimensions === null ? null : { of: [], words: dimensions },
    });
  expect(words(null, null)).toBeNull();
  expect(words([2, 4], "dimensions 3 to 20")).toBe("blocks 2 to 4, dimensions 3 to 20");
  expect([words([2, 2], null), words(null, "dimension 7")]).toEqual(["block 2", "dimension 7"]);
  expect([onlyBlocks(null), onlyBlocks([1, 2])]).toEqual(["", " Only blocks 1 to 2, as selected in the map."]);
});

it("leaves the widths of the selected blocks under their numbers, until it is cleared or another model is open", () => {
  const studio = bench();
  const { store } = studio;
  store.setState({ model: { phase: "open", facts: { ...FACTS, layers: 6 } } });
  const source = widthsSource(studio);
  let changes = 0;
  source.subscribe(() => (changes += 1));
  store.getState().select({ selectedBlocks: [2, 3] });
  const data = source.read();
  expect(data && widthsTable(data).rows.map(([block]) => block)).toEqual([2, 2, 2, 2, 2, 3, 3, 3, 3, 3]);
  store.getState().clearSelection();
  expect(source.read()).toMatchObject({ first: 0, kept: { length: 6 } });
  expect(changes).toBe(2);
});
