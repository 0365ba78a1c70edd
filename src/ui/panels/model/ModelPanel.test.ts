// @vitest-environment happy-dom
// The sizes of a model say which size they are, with the file's own type.
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
