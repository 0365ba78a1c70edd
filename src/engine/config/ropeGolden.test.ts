// RoPE against what transformers computes (golden/rope.json): frequencies of every scaling, and which of two spellings counts.
import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { EngineError } from "../errors.ts";
import { readConfig } from "./config.ts";
import { ropeAttention, ropeFrequencies, rotaryWidth } from "./ropeFrequencies.ts";

interface Found {
  frequencies: number[];
  attention: number;
}

interface RopeGolden {
  cases: { name: string; rope_scaling: unknown; sequences: (Found & { tokens: number })[] }[];
  spellings: ({
    name: string;
    family: string;
    config: Record<string, unknown>;
    removed: string[];
  } & (Found | { error: true }))[];
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const { cases, spellings } = json("golden/rope.json") as RopeGolden;

/** The family's golden config.json with some keys set and some deleted. */
function configWith(family: string, changes: Record<string, unknown>, removed: readonly string[] = []): unknown {
  const config = { ...(json(`golden/${family}/config.json`) as Record<string, unknown>), ...changes };
  return Object.fromEntries(Object.entries(config).filter(([name]) => !removed.includes(name)));
}

/** transformers computes frequencies in f32; a ramp adds a few roundings. */
const RELATIVE = 1e-6;

function expectFrequencies(config: unknown, length: number, expected: Found): void {
  const { rope, headDim } = readConfig(config);
  if (!rope) throw new Error("the config has no RoPE");
  const found = ropeFrequencies(rope, rotaryWidth(rope, headDim), length);
  expect(found).toHaveLength(expected.frequencies.length);
  const off = Math.max(...expected.frequencies.map((value, i) => Math.abs((found[i] ?? NaN) / value - 1)));
  expect(off).toBeLessThan(RELATIVE);
  expect(ropeAttention(rope)).toBeCloseTo(expected.attention, 12);
}

describe.each(cases)("$name", ({ rope_scaling, sequences }) => {
  test.each(sequences)("$tokens tokens", ({ tokens, ...expected }) =>
    expectFrequencies(configWith("llama", { rope_scaling }), tokens, expected),
  );
});

/** Tokens of the forward pass behind the spellings. */
const SPELLING_TOKENS = 9;

describe("spellings", () => {
  it.each(spellings)("$name", ({ family, config, removed, ...expected }) => {
    const changed = configWith(family, config, removed);
    if ("error" in expected) {
      expect(() => readConfig(changed)).toThrow(EngineError);
      expect(() => readConfig(changed)).toThrow(/^config\.json: (rope_|partial_).*: expected .*, got .*\. \w/);
    } else {
      expectFrequencies(changed, SPELLING_TOKENS, expected);
    }
  });

  it("are all there", () => {
    expect(cases).toHaveLength(13);
    expect(spellings.length).toBeGreaterThan(30);
  });
});

// What transformers computes differently from other programs, or ignores, is refused.
test.each([
  [
    { rope_scaling: { type: "proportional" } },
    /rope_scaling\.rope_type: expected one of default, linear, .* got "prop/,
  ],
  [{ partial_rotary_factor: 0.5 }, /partial_rotary_factor: expected 1 for llama, got 0\.5/],
  [
    { rope_parameters: { full_attention: { rope_type: "default" } } },
    /rope_parameters\.full_attention: expected one RoPE for all layers/,
  ],
])("refuses %j", (changes, message) => {
  expect(() => readConfig(configWith("llama", changes))).toThrow(message);
});
