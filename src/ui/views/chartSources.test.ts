// The curves of a run: readings stand beside the dense model only where they were measured in the same way.
import { expect, it } from "vitest";
import { bench, perplexityAt } from "../../state/client.fixture.ts";
import { runSource } from "./chartSources.ts";

it("draws readings on the same text, context and tokens as the dense one, and counts the others", () => {
  const studio = bench();
  const { store, series } = studio;
  series.addReading({ step: 100, ratio: 0.5, ...perplexityAt(30, 4096) });
  series.addReading({ step: 200, ratio: 0.5, ...perplexityAt(28, 2048) });
  const source = runSource(studio);
  expect(source.read()).toMatchObject({ readings: [{ step: 200, perplexity: 28 }], otherReadings: 1 });
  let changes = 0;
  source.subscribe(() => (changes += 1));
  store.setState({
    dense: { phase: "measured", last: { of: { run: "dense", ratio: 1, step: 0 }, result: perplexityAt(20, 4096) } },
  });
  expect(changes).toBe(1);
  expect(source.read()).toMatchObject({ readings: [{ step: 100, perplexity: 30 }], otherReadings: 1, dense: 20 });
});
