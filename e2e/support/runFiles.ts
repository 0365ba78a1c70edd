// Made-up JSON files of finished runs for browser tests, of a small model with four blocks.
import { DEFAULT_RECIPE, recipeJson } from "../../src/engine/recipes/recipe.ts";
import { DEFAULT_WEIGHT_RECIPE, WEIGHT_METHODS } from "../../src/engine/recipes/weightRecipe.ts";

const [D, F, BLOCKS] = [64, 128, 4];
const TEXT = { name: "sotu-held.txt", sha256: "ab".repeat(32) };
const OTHER = { name: "moby-held.txt", sha256: "cd".repeat(32) };
const TOTAL = 1_000_000;

/** A bitset that keeps a share of about `keep` of `size` gates; equal for equal `salt`. */
function bits(size: number, keep: number, salt: number): string {
  const bytes = new Uint8Array(size / 8);
  for (let i = 0; i < size; i += 1) {
    const draw = Math.abs(Math.sin((i + 1) * 12.9898 + salt * 78.233) * 43758.5453) % 1;
    if (draw < keep) bytes[i >> 3]! |= 1 << (i & 7);
  }
  return Buffer.from(bytes).toString("base64");
}

/** One run; `i` decides its kind: structural, single weights, structural, random baseline. */
export function madeUpRun(i: number, text = TEXT) {
  const keep = 0.3 + 0.06 * (i % 11);
  const share = (of: number) => ({ kept: Math.round(of * keep), of });
  const method = WEIGHT_METHODS[(i >> 2) % WEIGHT_METHODS.length]!;
  const kind = (["disp", "weights", "disp", "baseline"] as const)[i % 4]!;
  const recipe = recipeJson({ ...DEFAULT_RECIPE, ratio: keep, seed: i });
  const made = {
    disp: { kind, recipe, steps: 600 },
    weights: { kind, recipe: { ...DEFAULT_WEIGHT_RECIPE, method, seed: i } },
    baseline: { kind, method: "random", keep, seed: i },
  }[kind];
  const sizes = Array.from({ length: BLOCKS }, () => [D, D, D, F, D]).flat();
  const matrices = Array.from({ length: BLOCKS }, (_, block) =>
    ["gate", "up", "down"].map((part) => ({
      name: `model.layers.${block}.mlp.${part}_proj.weight`,
      shape: part === "down" ? [D, F] : [F, D],
      mask: bits(D * F, 0.5, i + block),
    })),
  ).flat();
  const pruned = 21 + (kind === "baseline" ? 90 : 25) * (1 - keep) ** 2 + (i % 3);
  return {
    record: {
      format: "espalier-run-1",
      id: `run-${text.name}-${i}`,
      name: `run number ${i}`,
      finished: new Date(Date.UTC(2026, 10, 20, 8, i)).toISOString(),
      adapter: "made up",
      model: { name: "speeches-3.5M", modelType: "llama", fingerprint: "made-up" },
      made,
      calibration: TEXT,
      perplexity: { text, context: 512, tokens: 4096, beginToken: false, dense: 20.5, pruned },
      kept: {
        blockWeights: share(TOTAL),
        modelWeights: { ...share(TOTAL), of: TOTAL },
        bytes: Math.round(2 * TOTAL * keep),
      },
      msPerToken: i % 2 === 0 ? { dense: 4.1, pruned: 2 + 2 * keep } : null,
    },
    masks:
      kind === "weights"
        ? { kind, matrices }
        : { kind: "gates", sizes, masks: sizes.map((size, j) => bits(size, keep, 3 * j + (i % 5))) },
  };
}

/** `count` runs on one text, and two on another. */
export function madeUpRuns(count: number): ReturnType<typeof madeUpRun>[] {
  const all = Array.from({ length: count }, (_, i) => madeUpRun(i));
  return [...all, madeUpRun(0, OTHER), madeUpRun(2, OTHER)];
}
