// @vitest-environment happy-dom
// The sizes of a model say which size they are, with the file's own type; its matmul kernels are listed by shape.
import { createElement } from "react";
import { expect, it } from "vitest";
import { bench, FACTS } from "../../../state/client.fixture.ts";
import { rendered } from "../../render.fixture.ts";
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
