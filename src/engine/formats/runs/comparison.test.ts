// A comparison is read back as it was written, from a file and from a link; anything else is refused with its field.
import { expect, it } from "vitest";
import {
  comparisonJson,
  comparisonLink,
  isComparison,
  LONGEST_LINK,
  readComparison,
  readComparisonLink,
} from "./comparison.ts";
import { gateRun, weightRun } from "./runs.fixture.ts";
import { recordJson } from "./runRecord.ts";

const pair = { a: gateRun("a").record, b: weightRun("b").record };
const withDense = { ...pair, b: null };

it.each([pair, withDense])("is read back from its file", (comparison) => {
  const text = comparisonJson(comparison, { sentence: "A is better." });
  expect(isComparison(text)).toBe(true);
  expect(readComparison(text, "c.json")).toEqual(comparison);
  expect(isComparison(JSON.stringify(recordJson(pair.a)))).toBe(false);
  expect(() => readComparison(text.replace('"tokens": 4096', '"tokens": "many"'), "c.json")).toThrow(
    /c\.json: perplexity\.tokens: expected a whole number/,
  );
  expect(() => readComparison(text.replace("comparison-1", "comparison-9"), "c.json")).toThrow(/format/);
});

it.each([pair, withDense])("is read back from a link of letters that need no escape", async (comparison) => {
  const packed = await comparisonLink(comparison);
  expect(packed).toMatch(/^[\w-]+$/);
  expect(await readComparisonLink(packed ?? "")).toEqual(comparison);
});

it("is no link where it is too long, and a damaged one is refused", async () => {
  const name = Array.from({ length: 9000 }, (_, i) =>
    String.fromCharCode(35 + (Math.floor(1e6 * Math.abs(Math.sin(i * i))) % 57)),
  ).join("");
  const long = { ...pair, a: { ...pair.a, adapter: name } };
  expect(await comparisonLink(long)).toBeNull();
  const packed = (await comparisonLink(pair)) ?? "";
  for (const damaged of ["", "#", packed.slice(0, 40), `${packed}!`, "A".repeat(LONGEST_LINK + 4)])
    await expect(readComparisonLink(damaged)).rejects.toThrow(/expected a link as Espalier copies it|expected JSON/);
});

it("stops to unpack a link that grows without end", async () => {
  const zeros = new Blob([" ".repeat(3_000_000)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(zeros).arrayBuffer());
  const packed = Buffer.from(bytes).toString("base64url");
  expect(packed.length).toBeLessThan(LONGEST_LINK);
  await expect(readComparisonLink(packed)).rejects.toThrow(/expected a link as Espalier copies it/);
});
