// Who may import whom: the linter's settings, checked with one import at a time.
import { readdirSync } from "node:fs";
import { ESLint, Linter } from "eslint";
import tseslint from "typescript-eslint";
import { expect, test } from "vitest";
import { ENGINE_FLOORS } from "./importRules.js";

const RULE = "@typescript-eslint/no-restricted-imports";
const eslint = new ESLint();

/** Messages of the import rules for one line of code in a file. */
async function messagesFor(file: string, code: string): Promise<string[]> {
  const config = (await eslint.calculateConfigForFile(file)) as { rules: Linter.RulesRecord };
  const setting = config.rules[RULE];
  if (!setting) throw new Error(`${file}: expected an import rule, got none`);
  const plugin = tseslint.plugin as unknown as ESLint.Plugin;
  const parser = tseslint.parser as unknown as Linter.Parser;
  const languageOptions = { parser };
  const plugins = { "@typescript-eslint": plugin };
  const found = new Linter().verify(
    code,
    [{ files: ["**/*.ts", "**/*.tsx"], languageOptions, plugins, rules: { [RULE]: setting } }],
    file,
  );
  return found.map(({ message }) => message);
}

test.each([
  ["src/engine/ops/rope.ts", 'import wgsl from "../../../shaders/rope.wgsl?raw";'],
  ["src/engine/ops/gate.ts", 'import { GATE_TILE } from "../masks/gates.ts";'],
  ["src/engine/ops/gate.ts", 'import { take } from "./kit/launch.ts";'],
  ["src/engine/ops/registry/index.ts", 'import { gate } from "../gate.ts";'],
  ["src/engine/model/decoder.ts", 'import { linear } from "../ops/linear.ts";'],
  ["src/engine/train/session.ts", 'import { perplexity } from "../evaluate/perplexity.ts";'],
  ["src/engine/prune/weights/zeroedModel.ts", 'import { hypernet } from "../gates/hypernet.ts";'],
  ["src/engine/formats/export/exportCompact.ts", 'import { cut } from "../../masks/compact.ts";'],
  ["src/engine/formats/export/exportCompact.ts", 'import { receipt } from "../receipt/receipt.ts";'],
  ["src/engine/model/weights.test.ts", 'import { readFile } from "node:fs/promises";'],
  ["src/engine/formats/hub/hub.fixture.ts", 'import { readFile } from "node:fs/promises";'],
  ["src/ui/App.tsx", 'import type { Metrics } from "../worker/protocol.ts";'],
  ["src/ui/App.tsx", 'import { DEFAULT_RECIPE } from "../engine/index.ts";'],
  ["src/charts/lib/marks/axes.ts", 'import { select } from "d3";'],
  ["src/charts/runs/perplexity/tradeoff.ts", 'import { drawAxis } from "../lib/axes.ts";'],
  ["src/cli/prune.ts", 'import { checkRecipe } from "../engine/recipes/recipe.ts";'],
  ["src/state/store.ts", 'import { Client } from "../worker/client.ts";'],
  ["src/engine/formats/card/modelCard.ts", 'import { whole } from "../../../shared/format.ts";'],
  ["src/lab/peak.ts", 'import wgsl from "./peak.wgsl?raw";'],
  ["src/lab/lab.ts", 'import { usableVariants } from "../engine/ops/linear.ts";'],
  ["src/worker/commands/labCommands.ts", 'const { runLab } = await import("../../lab/lab.ts");'],
  ["src/state/model/modelState.ts", 'import type { LabResult } from "../../lab/labResult.ts";'],
  ["src/worker/export/preparedExports.ts", 'import { openOnnx } from "../../verify/onnxModel.ts";'],
])("%s may: %s", async (file, code) => {
  expect(await messagesFor(file, code)).toEqual([]);
});

test.each([
  ["src/engine/gpu/kernel.ts", 'import type { Tensor } from "../tensor.ts";', "Inside the engine"],
  ["src/engine/tape.ts", 'import { Ctx } from "./ctx.ts";', "Inside the engine"],
  ["src/engine/ops/linear.ts", 'import { decoder } from "../model/decoder.ts";', "Inside the engine"],
  ["src/engine/ops/linear.ts", 'import { ops } from "./registry/index.ts";', "Inside the engine"],
  ["src/engine/ops/kit/launch.ts", 'import { linear } from "../linear.ts";', "Inside the engine"],
  ["src/engine/evaluate/perplexity.ts", 'import { Session } from "../train/session.ts";', "Inside the engine"],
  ["src/engine/masks/budget.ts", 'import type { Tensor } from "../tensor.ts";', "Inside the engine"],
  ["src/engine/masks/budget.ts", 'import type { Receipt } from "../formats/receipt/receipt.ts";', "Inside the engine"],
  ["src/engine/recipes/recipe.ts", 'import type { Masks } from "../masks/gates.ts";', "Inside the engine"],
  ["src/engine/prune/gates/hypernet.ts", 'import { x } from "../weights/zeroedModel.ts";', "Inside the engine"],
  ["src/engine/formats/safetensors/safetensors.ts", 'import { Ctx } from "../../ctx.ts";', "Inside the engine"],
  ["src/engine/formats/receipt/receipt.ts", 'import { x } from "../export/exportCompact.ts";', "Inside the engine"],
  ["src/engine/formats/receipt/receipt.ts", 'import { x } from "../../formats/runs/readRun.ts";', "Inside the engine"],
  ["src/engine/model/decoder.ts", 'import wgsl from "../../../shaders/rope.wgsl?raw";', "Only src/engine/ops"],
  [
    "src/engine/train/session.ts",
    'import type { Command } from "../../worker/protocol.ts";',
    "The engine imports nothing outside itself",
  ],
  [
    "src/engine/model/llama.test.ts",
    'import { App } from "../../ui/App.tsx";',
    "The engine imports nothing outside itself",
  ],
  ["src/ui/App.tsx", 'import * as d3 from "d3";', "src/charts"],
  ["src/ui/App.tsx", 'import { Ctx } from "../engine/ctx.ts";', "src/engine/index.ts only"],
  ["src/ui/App.tsx", 'import { connect } from "../worker/client.ts";', "action of the store"],
  ["src/charts/lib/marks/axes.ts", 'import { gateMap } from "../../gates/map/gateMap.ts";', "Inside the charts"],
  ["src/state/store.ts", 'import { useState } from "react";', "React is used in src/ui only"],
  ["src/state/store.ts", 'import { gateMap } from "../charts/gates/gateMap.ts";', "draws charts"],
  ["src/state/export/exportSlice.ts", 'import { openOnnx } from "../../verify/onnxModel.ts";', "Only src/worker"],
  ["src/worker/host.ts", 'import { runLab } from "../lab/lab.ts";', "await import"],
  ["src/engine/train/session.ts", 'import { timed } from "../../lab/timing.ts";', "The engine imports nothing"],
  ["src/worker/host.ts", 'import * as ort from "onnxruntime-web/webgpu";', "src/verify"],
  ["src/shared/format.ts", 'import type { Recipe } from "../engine/index.ts";', "below everything else"],
  ["src/cli/prune.ts", 'import { decoder } from "../engine/model/decoder.ts";', "Import src/engine/index.ts"],
])("%s may not: %s", async (file, code, message) => {
  expect((await messagesFor(file, code)).join()).toContain(message);
});

test("every folder and file of the engine is on a floor", () => {
  const onFloor = (name: string): boolean => ENGINE_FLOORS.some((floor) => floor === name || floor.startsWith(name));
  const names = readdirSync("src/engine", { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || (entry.name.endsWith(".ts") && !/\.test\.ts$/.test(entry.name)))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  expect(names.filter((name) => name !== "index.ts" && !onFloor(name))).toEqual([]);
});
