// The list "One training step" of shaders/README.md, compared with what a step of the built-in model dispatches. No GPU: the order of
// dispatches is decided on the CPU, so a counting device is enough.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readConfig } from "../../config/config.ts";
import { modelTensors } from "../../config/tensors.ts";
import { Ctx } from "../../ctx.ts";
import { Gpu } from "../../gpu/device.ts";
import { readEntryPoint } from "../../gpu/wgsl.ts";
import { budgetOf } from "../../masks/budget.ts";
import { gateLayout } from "../../masks/gates.ts";
import { loadModel } from "../../model/load.ts";
import { Hypernet } from "../../prune/gates/hypernet.ts";
import { hypernetLayout } from "../../prune/gates/hypernetLayout.ts";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import { sizeOf } from "../../tensor.ts";
import { makeTrainState } from "../../train/state.ts";
import { trainStep } from "../../train/step.ts";

/** Too little workgroup memory for attention by tiles: the list is of the kernels that every adapter can run. */
const FACTS = {
  ...{ name: "", software: false, maxBufferBytes: 2 ** 31, maxBindingBytes: 2 ** 31 },
  ...{ workgroupBytes: 16_384, timestamps: false, shaderF16: false, subgroupMin: 0, subgroupMax: 0 },
};

beforeAll(() => {
  vi.stubGlobal("GPUBufferUsage", {});
  vi.stubGlobal("GPUShaderStage", {});
});
afterAll(() => vi.unstubAllGlobals());

/** The kernel of a dispatch, and the shapes of what it writes. */
interface Dispatch {
  kernel: string;
  writes: number[][];
}

/** A step of the default recipe for the built-in model, and what the symbols of the list stand for. */
async function recordStep(): Promise<{ dispatches: Dispatch[]; symbols: Record<string, number> }> {
  const ctx = new Ctx(Gpu.counting({ ...FACTS, quads: false }, () => undefined));
  const config = readConfig(JSON.parse(readFileSync("public/model/config.json", "utf8")) as unknown);
  const shapes = new Map(modelTensors(config).map(({ name, shape }) => [name, shape]));
  const shapeOf = (name: string): readonly number[] => shapes.get(name) ?? [];
  const reader = {
    has: (name: string) => shapes.has(name),
    info: (name: string) => ({ shape: shapeOf(name) }),
    readFloat32: (name: string) => Promise.resolve(new Float32Array(sizeOf(shapeOf(name)))),
  };
  const model = await loadModel(ctx, config, reader, { precision: "f32", empty: true });
  const layout = gateLayout(config);
  const hypernet = new Hypernet(ctx, hypernetLayout(layout, false));
  const state = makeTrainState(ctx, hypernet, budgetOf(config), DEFAULT_RECIPE.lambda);
  const dispatches: Dispatch[] = [];
  const run = ctx.run.bind(ctx);
  ctx.run = (spec, args, ...rest) => {
    const { bindings } = readEntryPoint(spec.code, spec.entry, spec.label);
    const written = args.filter((_, i) => bindings[i]?.access === "read_write");
    dispatches.push({ kernel: spec.label, writes: written.map(({ shape }) => [...shape]) });
    run(spec, args, ...rest);
  };
  const { tokens } = DEFAULT_RECIPE;
  trainStep(ctx, model, state, { recipe: DEFAULT_RECIPE, ids: new Uint32Array(tokens) });
  const { layers, dModel, dMlp, heads, kvHeads, headDim, vocab } = config;
  const symbols = {
    ...{ L: layers, T: tokens, S: Math.ceil(tokens / 16) * 16, d: dModel, f: dMlp, heads, V: vocab },
    ...{ dq: heads * headDim, dqkv: (heads + 2 * kvHeads) * headDim, G: layout.length, Z: 32, W: 64 },
    P: hypernet.theta.shape[0] ?? 0,
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
      const [, factor, symbol = "", operator, operand] = /^(\d*)([A-Za-z]*)(?:([/-])(\d+))?$/.exec(size) ?? [];
      const value = Number(factor || 1) * (symbol === "" ? 1 : (symbols[symbol] ?? NaN));
      if (operator === "/") return value / Number(operand);
      return operator === "-" ? value - Number(operand) : value;
    });
}

test("lists every dispatch of a step, in order, with the shapes that it writes", async () => {
  const { dispatches, symbols } = await recordStep();
  const blocks = symbols["L"] ?? 0;
  const tables = documentedTables();
  expect(tables.length).toBe(8);
  const [gates = [], forward = [], loss = [], lossBackward = [], backward = [], others = [], first = [], update = []] =
    tables;
  const expected = [
    ...gates,
    ...Array.from({ length: blocks }, () => forward).flat(),
    ...[...loss, ...lossBackward],
    ...Array.from({ length: blocks }, (_, i) => [...backward, ...(i < blocks - 1 ? others : first)]).flat(),
    ...update,
  ];
  const documented = expected.map(({ kernel, writes }): Dispatch => {
    return { kernel, writes: writes.split("; ").map((shape) => shapeOf(shape, symbols)) };
  });
  expect(dispatches).toEqual(documented);
});

test("states the number of dispatches, and the built-in model's sizes", async () => {
  const { dispatches, symbols } = await recordStep();
  const text = readFileSync("shaders/README.md", "utf8");
  expect(text).toContain(`That is ${dispatches.length} dispatches`);
  const rows = [...text.matchAll(/^\| ([A-Za-z]+(?:, [A-Z])?) +\|.*\| ([\d, ]+?) +\|$/gm)];
  const stated = rows.flatMap(([, names = "", values = ""]) => {
    const numbers = values.split(", ").map((value) => Number(value.replaceAll(",", "")));
    return names.split(", ").map((name, i) => [name, numbers[i]] as const);
  });
  expect(Object.fromEntries(stated)).toEqual(symbols);
});
