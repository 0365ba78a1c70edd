// @vitest-environment happy-dom
// The sizes of a model say which size they are, with the file's own type; its matmul kernels are listed by shape.
import { act, createElement } from "react";
import { expect, it } from "vitest";
import type { MemoryPlan } from "../../../engine/index.ts";
import { bench, FACTS } from "../../../state/client.fixture.ts";
import { rendered } from "../../render.fixture.ts";
import { MemoryPlanDetails } from "./MemoryPlanDetails.tsx";
import { ModelPanel } from "./ModelPanel.tsx";

it("names file and GPU, with the type that each has there", async () => {
  const facts = { ...FACTS, fileBytes: 98_400_000, fileDtype: "Q4_1", gpuBytes: 270e6, gpuDtype: "f16" as const };
  const studio = bench({ open: () => facts });
  await studio.store.getState().open({ kind: "embedded" });
  const page = await rendered(createElement(ModelPanel), studio);
  const row = (testId: string): string => page.get(testId).parentElement?.textContent ?? "";
  expect(row("model-bytes")).toBe("file98.4 MB, Q4_1");
  expect(row("model-gpu-bytes")).toBe("on the GPU270 MB, F16");
  expect(row("model-family")).toBe("familyllama, Q4_1");
});

it("lists the plans with memory and arithmetic, takes another one, and remembers the memory of the GPU", async () => {
  const studio = bench({ open: () => FACTS });
  await studio.store.getState().open({ kind: "embedded" });
  const parts = { weights: 1e9, hypernet: 1, training: 1, logits: 1, evaluation: 1, cache: 1, pruned: 1 };
  const common = {
    ...({ precision: "f16", trainingTokens: 64, evaluationTokens: 64, parts, buffers: 2 } as const),
    ...{ largest: { label: "head", bytes: 1 }, limitBytes: 2, stepBytes: 3 },
  };
  const planOf = (blocks: number, compact: boolean, gigabytes: number): MemoryPlan => ({
    ...{ ...common, recompute: { blocks, group: 1 }, compact, totalBytes: gigabytes * 1e9 },
    ...{ stepFlop: 100 + 10 * blocks, fits: gigabytes < 9 },
  });
  const choices = [planOf(0, true, 9), planOf(0, false, 8), planOf(3, false, 7)];
  const [, plan, last] = choices;
  if (!plan || !last) throw new Error("three plans");
  studio.emit({
    type: "plan",
    planned: { name: "tiny", plan, choices, others: [], quantised: false, ranOut: true },
    storageFreeBytes: 5,
  });
  const page = await rendered(createElement(MemoryPlanDetails), studio);
  const rows = [...page.get("plan-choices").querySelectorAll("tbody tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent),
  );
  expect(rows).toEqual([
    ["none", "a copy", "9.00 GB", "1.00 ×", "Use"],
    ["none", "masks", "8.00 GB", "1.00 ×", "in use"],
    ["3 blocks", "masks", "7.00 GB", "1.30 ×", "Use"],
  ]);
  const [first, second] = page.get("plan-choices").querySelectorAll("button");
  expect(first?.disabled).toBe(true);
  second?.click();
  expect(studio.sent.at(-1)).toEqual({
    ...{ type: "memory", bytes: null },
    wanted: { recompute: { blocks: 3, group: 1 }, compact: false },
  });
  expect(page.get("plan-ran-out").textContent).toMatch(/ran out of memory/);
  await act(() => studio.store.getState().setGpuMemory(8e9));
  expect(studio.sent.at(-1)).toEqual({ type: "memory", bytes: 8e9 });
});

it("names the command of the Python package for a model that does not fit", async () => {
  const studio = bench({ open: () => FACTS });
  await studio.store.getState().open({ kind: "embedded" });
  const parts = { weights: 1e9, hypernet: 1, training: 1, logits: 1, evaluation: 1, cache: 1, pruned: 1 };
  const plan: MemoryPlan = {
    ...({ precision: "f32", trainingTokens: 64, evaluationTokens: 64, parts, buffers: 2, compact: true } as const),
    ...{ largest: { label: "head", bytes: 1 }, limitBytes: 2, recompute: { blocks: 0, group: 1 } },
    ...{ totalBytes: 1e9, stepBytes: Infinity, stepFlop: 1, fits: false },
  };
  const planned = { name: "large", plan, choices: [plan], others: [], quantised: false, ranOut: false };
  studio.emit({ type: "plan", planned, storageFreeBytes: 5 });
  studio.store.getState().setRecipe({ ratio: 0.7 });
  const page = await rendered(createElement(MemoryPlanDetails), studio);
  expect(page.get("scale-command").textContent).toMatch(/espalier prune --model large .*--keep 0\.7 /);
});

it("shows the matmul kernels, where they are from, and what was wrong with stored ones", async () => {
  const classes = { "forward f32 128 960x576": "tiled", "inputGradient f32 1 960x16384": "split" };
  const table = { kernels: 1, default: "sized", classes };
  const studio = bench({ open: () => ({ ...FACTS, matmul: { table, from: "stored", notes: ["Not stored."] } }) });
  await studio.store.getState().open({ kind: "embedded" });
  const page = await rendered(createElement(ModelPanel), studio);
  expect(page.get("matmul-choice").textContent).toBe("tuned, 2 shapes (2 kernels)");
  expect(page.get("matmul-from").textContent).toMatch(/stored in this browser/);
  expect(page.get("matmul-note").textContent).toBe("Not stored.");
  const rows = [...page.get("matmul").querySelectorAll("tr")].map((row) => row.textContent);
  expect(rows).toEqual([
    "forward, up to 128 rows, 960 × 576, f32tiled",
    "gradient of the input, 1 row, 960 × 16,384, f32split",
  ]);
});

it("says what quantising on opening costs, or why that was not measured", async () => {
  const facts = { ...FACTS, gpuDtype: "q4_0" as const };
  let limited = false;
  const notMeasured = "It takes 9.00 GB for both models; the memory of your GPU is given as 8.00 GB.";
  const of = { value: 20.1, text: { name: "held", sha256: "t" }, context: 16, tokens: 2048, beginToken: false };
  const studio = bench({
    open: () => facts,
    quantisation: () => ({
      of,
      cost: limited
        ? { type: "Q4_0", notMeasured }
        : { type: "Q4_0", quantised: 20.1, own: 19.9, precision: "f16" as const },
    }),
  });
  await studio.store.getState().open({ kind: "embedded" });
  await studio.settle();
  const page = await rendered(createElement(ModelPanel), studio);
  const note = (): string => page.get("quantisation").textContent;
  expect(note()).toBe(
    "Quantised to Q4_0, the dense model has perplexity 20.100; with the weights of the file in f16 19.900 (+1.01 %) (held, context 16, 2,048 tokens).",
  );
  limited = true;
  await act(async () => {
    studio.store.getState().setEvaluationTokens(1024);
    await studio.settle();
    await new Promise((shown) => setTimeout(shown, 300));
  });
  expect(note()).toBe(`What quantising to Q4_0 costs in perplexity was not measured. ${notMeasured}`);
});
