// The glossary: every entry is two sentences with a source, is found by its own name, and texts are split without a change.
import { describe, expect, it } from "vitest";
import { GLOSSARY, termParts } from "./glossary.ts";

describe("each entry", () => {
  it.each(GLOSSARY)("$name", ({ name, pattern, text, source }) => {
    expect(text.match(/[.:](?= |$)[^.]*?/g)?.length).toBeGreaterThanOrEqual(2);
    expect(text.split(/(?<=\.) (?=[A-Z“])/)).toHaveLength(2);
    expect(source).not.toBe("");
    expect(name).toMatch(pattern);
  });
});

describe("a text", () => {
  it("is split at the first use of each term", () => {
    const text = "Gates of s1: perplexity of the dense model; R near 0. A gate again.";
    const parts = termParts(text);
    expect(parts.map(({ text: part }) => part).join("")).toBe(text);
    expect(parts.flatMap(({ entry }) => (entry ? [entry.name] : []))).toEqual([
      "gate",
      "s1 to s5",
      "perplexity",
      "dense",
      "R",
    ]);
  });

  it("without terms stays whole", () => {
    expect(termParts("Nothing to explain.")).toEqual([{ text: "Nothing to explain." }]);
    expect(termParts("")).toEqual([]);
  });
});
