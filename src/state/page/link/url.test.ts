// Settings survive the page's link, and an invalid link describes its problems.
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import {
  DEFAULT_RECIPE,
  DEFAULT_WEIGHT_RECIPE,
  ESTIMATORS,
  GATE_MODES,
  RATIO_MODES,
  WEIGHT_METHODS,
  WIDTH_MULTIPLES,
} from "../../../engine/index.ts";
import { BUNDLED_TEXTS, DEFAULT_TEXTS } from "../../../shared/texts.ts";
import { DEFAULT_PROMPT } from "../../text/generateSlice.ts";
import { hashOf, problemsText, readHash } from "./url.ts";

const DEFAULTS = {
  method: "disp" as const,
  recipe: DEFAULT_RECIPE,
  weightRecipe: DEFAULT_WEIGHT_RECIPE,
  ...DEFAULT_TEXTS,
  ...{ model: null, evaluationTokens: null, prompt: DEFAULT_PROMPT },
};

describe("url", () => {
  it("is empty for the defaults, and reads back as them", () => {
    expect(hashOf(DEFAULTS)).toBe("");
    expect(readHash("#")).toEqual({ ...DEFAULTS, problems: [] });
  });

  it("reads any recipe back", () => {
    const name = fc.constantFrom(...BUNDLED_TEXTS.map((text) => text.name));
    const share = (min: number, max: number) => fc.integer({ min, max }).map((n) => n / 1000);
    const recipe = fc.record({
      method: fc.constant("disp" as const),
      ...{ ratioMode: fc.constantFrom(...RATIO_MODES), gates: fc.constantFrom(...GATE_MODES) },
      ratio: share(50, 1000),
      ratioFrom: share(50, 500),
      ratioTo: share(500, 1000),
      estimator: fc.constantFrom(...ESTIMATORS),
      steps: fc.integer({ min: 1, max: 100_000 }),
      tokens: fc.integer({ min: 8, max: 4096 }),
      lambda: fc
        .integer({ min: 0, max: 1000 })
        .map((n) => n / 7)
        .map((n) => Number(n.toPrecision(12))),
      learningRate: fc.integer({ min: 1, max: 1_000_000 }).map((n) => n / 1e6),
      weightDecay: fc.constantFrom(0, 0.01, 0.05, 10),
      widthMultiple: fc.constantFrom(...WIDTH_MULTIPLES),
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      checkpointEvery: fc.integer({ min: 1, max: 100_000 }),
    });
    const trainable = recipe.filter(
      ({ ratioMode, gates }) => ratioMode === "one" || /^(full|mlp|constrained)$/.test(gates),
    );
    fc.assert(
      fc.property(trainable, name, name, (one, calibration, evaluation) => {
        const linked = {
          ...DEFAULTS,
          recipe: one,
          calibration: { kind: "bundled" as const, name: calibration },
          evaluation: { kind: "bundled" as const, name: evaluation },
        };
        expect(readHash(`#${hashOf(linked)}`)).toEqual({ ...linked, problems: [] });
      }),
    );
  });

  it("reads any choice for single weights back", () => {
    const weightRecipe = fc.record({
      method: fc.constantFrom(...WEIGHT_METHODS),
      pattern: fc.constantFrom("2:4", "4:8", "1:3", "50%", "12.5%"),
      sequences: fc.integer({ min: 1, max: 4096 }),
      tokens: fc.integer({ min: 2, max: 4096 }),
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    });
    fc.assert(
      fc.property(weightRecipe, (one) => {
        const linked = { ...DEFAULTS, method: one.method, weightRecipe: one };
        expect(readHash(hashOf(linked))).toEqual({ ...linked, problems: [] });
      }),
    );
    const { weightRecipe: kept, problems } = readHash("#method=wanda&pattern=4:2&calibrationTokens=");
    expect(kept).toEqual({ ...DEFAULT_WEIGHT_RECIPE, method: "wanda" });
    expect(problems.join("; ")).toMatch(/got "4:2".*calibrationTokens: expected/s);
  });

  it("names every invalid part and keeps its default", () => {
    const { recipe, calibration, problems } = readHash(
      "#keep=7&steps=&estimator=magic&calibration=bible&colour=red&seed=3",
    );
    expect(recipe).toEqual({ ...DEFAULT_RECIPE, seed: 3 });
    expect(calibration).toEqual(DEFAULT_TEXTS.calibration);
    expect(problems).toHaveLength(5);
    expect(problems.join("; ")).toMatch(/keep: expected .* got 7.*steps.*magic.*bible.*colour=red/s);
  });

  it("shows of an invalid value what the link had, on one line", () => {
    const numbers = [
      ...["keep", "keepFrom", "keepTo", "steps", "tokens", "lambda", "learningRate", "weightDecay", "seed"],
      ...["checkpointEvery", "calibrationSequences", "calibrationTokens", "calibrationSeed", "evaluationTokens", "v"],
    ];
    const choices = [
      "estimator",
      "gates",
      "widthMultiple",
      "ratioMode",
      "method",
      "pattern",
      "calibration",
      "evaluation",
    ];
    const written = (value: string): string => new URLSearchParams({ value }).toString().slice("value=".length);
    const got = (key: string, value: string): string => {
      const { problems } = readHash(`#${key}=${written(value)}`);
      expect(problems).toHaveLength(1);
      const text = problemsText(problems);
      expect(text.startsWith(`${key}: expected `)).toBe(true);
      return text.slice(text.lastIndexOf("got ") + "got ".length).replaceAll('"', "");
    };
    for (const key of [...numbers, ...choices]) {
      expect(got(key, "fifty")).toBe("fifty.");
      expect(got(key, "a\n\tb")).toBe("a b.");
      expect(got(key, "x".repeat(5000))).toBe(`${"x".repeat(59)}….`);
    }
    for (const key of numbers) {
      expect(got(key, "NaN")).toBe("NaN.");
      expect(got(key, "1e400")).toBe("1e400.");
      expect(got(key, "80 %")).toBe("80 %.");
      expect(got(key, " ")).toBe("nothing.");
    }
  });

  it("has a version, and names model, evaluation length and prompt, in Unicode", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 50 }).filter((one) => one.trim() !== "");
    const name = text.map((one) => one.replace(/\s+/g, " "));
    fc.assert(
      fc.property(name, text, fc.integer({ min: 64, max: 10_000_000 }), (model, prompt, evaluationTokens) => {
        const linked = { ...DEFAULTS, model, prompt, evaluationTokens };
        const hash = hashOf(linked);
        expect(hash.startsWith("v=2&model=")).toBe(true);
        expect(readHash(hash)).toEqual({ ...linked, problems: [] });
      }),
    );
  });

  it("carries version and length beside other settings only", () => {
    expect(hashOf({ ...DEFAULTS, evaluationTokens: 2048 })).toBe("");
    expect(hashOf({ ...DEFAULTS, evaluationTokens: 4096 })).toBe("v=2&evaluationTokens=4096");
    expect(hashOf({ ...DEFAULTS, evaluationTokens: 20_480, recipe: { ...DEFAULT_RECIPE, seed: 2 } })).toBe(
      "v=2&seed=2&evaluationTokens=20480",
    );
  });

  it("opens older links, and says what a newer one may have lost", () => {
    expect(readHash("#seed=3")).toMatchObject({ recipe: { seed: 3 }, problems: [] });
    const newer = readHash("#v=9&seed=3&zoom=2");
    expect(newer.recipe.seed).toBe(3);
    expect(newer.problems.join("; ")).toMatch(/v: expected at most 2, got 9.*newer Espalier.*zoom=2 is not a setting/s);
  });

  it("leaves out a text of the user's ow", () => {
    const evaluation = { kind: "own" as const, name: "diary.txt", text: "secret" };
    expect(hashOf({ ...DEFAULTS, evaluation })).toBe("");
  });
});
