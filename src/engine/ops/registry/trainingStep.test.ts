// The list "One training step" of shaders/README.md, compared with what a step of the built-in model dispatches. No GPU: the order of
// dispatches is decided on the CPU, so a counting device is enough.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { AdapterFacts } from "../../gpu/device.ts";
import { budgetOf } from "../../masks/budget.ts";
import { gateLayout } from "../../masks/gates.ts";
import { CARD, countingCtx, countingModel, type SeenDispatch, SMALL_CARD } from "../../model/counting.fixture.ts";
import { lengthOf } from "../kit/flatValues.ts";
import { Hypernet } from "../../prune/gates/hypernet.ts";
import { hypernetLayout } from "../../prune/gates/hypernetLayout.ts";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import { makeTrainState } from "../../train/state.ts";
import { rowBlocks } from "../kit/variants.ts";
import { trainStep } from "../../train/step.ts";

beforeAll(() => {
  vi.stubGlobal("GPUBufferUsage", {});
  vi.stubGlobal("GPUShaderStage", {});
});
afterAll(() => vi.unstubAllGlobals());

/** A step of the default recipe for the built-in model, and what the symbols of the list stand for. */
async function recordStep(
  facts: AdapterFacts,
): Promise<{ dispatches: SeenDispatch[]; symbols: Record<string, number> }> {
  const { ctx, dispatches } = countingCtx(facts);
  const model = await countingModel(ctx);
  const { config } = model;
  const layout = gateLayout(config);
  const hypernet = new Hypernet(ctx, hypernetLayout(layout, false));
  const state = makeTrainState(ctx, hypernet, budgetOf(config), DEFAULT_RECIPE.lambda);
  const { tokens } = DEFAULT_RECIPE;
  trainStep(ctx, model, state, { recipe: DEFAULT_RECIPE, ids: new Uint32Array(tokens) });
  const { layers, dModel, dMlp, heads, kvHeads, headDim, vocab } = config;
  const symbols = {
    ...{ L: layers, T: tokens, S: Math.ceil(tokens / 16) * 16, d: dModel, f: dMlp, heads, V: vocab },
    ...{ dq: heads * headDim, dqkv: (heads + 2 * kvHeads) * headDim, G: layout.length, Z: 32, W: 64 },
    R: rowBlocks(ctx, tokens).count,
    P: lengthOf(hypernet.parameters.slice(0, 1)),
  };
  return { dispatches, symbols };
}

/** The tables of dispatches in the list, in order; shapes as they are written. */
function documentedTables(): { kernel: string; writes: string }[][] {
  const [, section = ""] = readFileSync("shaders/README.md", "utf8").split("## One training step");
  return section
    .split("| kernel ")
    .slice(1)
    .map((table) =>
      [...table.matchAll(/^\| `([\w.]+)` +\|.*\| (\([^|]*\)) +\|$/gm)].map(([, kernel = "", writes = ""]) => ({
        kernel,
        writes,
      })),
    );
}

/** "(5L, G/64)" as numbers. */
function shapeOf(text: string, symbols: Record<string, number>): number[] {
  return text
    .slice(1, -1)
    .split(", ")
    .map((size) => {
      if (size === "T d") return (symbols["T"] ?? NaN) * (symbols["d"] ?? NaN);
      const [, factor, symbol = "", operator, operand] = /^(\d*)([A-Za-z]*)(?:([/-])(\d+))?$/.exec(size) ?? [];
      const value = Number(factor || 1) * (symbol === "" ? 1 : (symbols[symbol] ?? NaN));
      if (operator === "/") return value / Number(operand);
      return operator === "-" ? value - Number(operand) : value;
    });
}

test("lists every dispatch of a step, in order, with the shapes that it writes", async () => {
  const { dispatches, symbols } = await recordStep(SMALL_CARD);
  const blocks = symbols["L"] ?? 0;
  const tables = documentedTables();
  expect(tables.length).toBe(10);
  const [gates = [], firstNorm = [], otherNorm = [], forward = [], loss = [], ...rest] = tables;
  const [lossBackward = [], backward = [], others = [], first = [], update = []] = rest;
  const expected = [
    ...gates,
    ...Array.from({ length: blocks }, (_, i) => [...(i > 0 ? otherNorm : firstNorm), ...forward]).flat(),
    ...[...loss, ...lossBackward],
    ...Array.from({ length: blocks }, (_, i) => [...backward, ...(i < blocks - 1 ? others : first)]).flat(),
    ...update,
  ];
  const documented = expected.map(({ kernel, writes }): SeenDispatch => {
    return { kernel, writes: writes.split("; ").map((shape) => shapeOf(shape, symbols)) };
  });
  expect(dispatches).toEqual(documented);
});

test("states the number of dispatches, and the built-in model's sizes", async () => {
  const { dispatches, symbols } = await recordStep(SMALL_CARD);
  const text = readFileSync("shaders/README.md", "utf8");
  const onCard = await recordStep(CARD);
  expect(text).toContain(`That is ${dispatches.length} dispatches, and ${onCard.dispatches.length} on graphics cards`);
  const rows = [...text.matchAll(/^\| ([A-Za-z]+(?:, [A-Z])?) +\|.*\| ([\d, ]+?) +\|$/gm)];
  const stated = rows.flatMap(([, names = "", values = ""]) => {
    const numbers = values.split(", ").map((value) => Number(value.replaceAll(",", "")));
    return names.split(", ").map((name, i) => [name, numbers[i]] as const);
  });
  expect(Object.fromEntries(stated)).toEqual(symbols);
});
