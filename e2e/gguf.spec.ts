// A real model from its GGUF file: SmolLM2-135M-Instruct, 134 million parameters, opened as a person opens it.
import { expect, test } from "@playwright/test";
import { smollm2File } from "../scripts/data/smollm2.ts";
import { chartWords } from "./support/studio.ts";

/** Longest time from choosing the file to the model's facts on the page. */
const OPEN_MS = 20_000;
/** Longest task of the page's own thread while the model opens. */
const FREEZE_MS = 100;

test("SmolLM2 opens from its GGUF file within 20 s, and the page stays responsive", async ({ page }) => {
  const file = await smollm2File();
  await page.goto("./");
  await expect(page.getByTestId("perplexity-dense")).toHaveText(/\d/);
  const watch = await page.evaluateHandle(() => {
    const seen = { tasks: [] as number[], gap: 0 };
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.tasks.push(Math.round(duration));
    }).observe({ type: "longtask" });
    let last = performance.now();
    const tick = (): void => {
      const now = performance.now();
      seen.gap = Math.max(seen.gap, now - last);
      last = now;
      setTimeout(tick, 0);
    };
    tick();
    return seen;
  });
  const began = Date.now();
  await page.getByTestId("open-gguf").setInputFiles(file);
  await expect(page.getByTestId("model-name")).toHaveText(/SmolLM2-135M-Instruct/);
  await expect(page.getByTestId("model-layers")).toHaveText("30");
  const took = Date.now() - began;
  const { tasks, gap } = await watch.jsonValue();
  console.log(`opened in ${took} ms; long tasks of ${tasks.join(", ") || "none"} ms; longest gap ${gap.toFixed(0)} ms`);

  await expect(page.getByTestId("model-parameters")).toHaveText("134,515,008");
  await expect(page.getByTestId("model-width")).toHaveText("576");
  await expect(page.getByTestId("model-mlp")).toHaveText("1,536");
  await expect.poll(() => chartWords(page, "map")).toContain("100.0 % of");
  expect(took).toBeLessThan(OPEN_MS);
  expect(Math.max(0, ...tasks)).toBeLessThan(FREEZE_MS);
});
