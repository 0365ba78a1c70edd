// What the browser tests share: opening the studio, reading its numbers, and using its controls as a person does.
import { expect, type Page } from "@playwright/test";

/** A recipe in the page's link; missing settings keep their defaults. */
type LinkedRecipe = Record<string, number | string>;

/** A recipe whose steps are short on a software GPU. */
export const SHORT: LinkedRecipe = { steps: 80, tokens: 32, checkpointEvery: 10 };

/** Tokens that these tests measure a perplexity on: two windows of the embedded model. */
export const MEASURED_TOKENS = 1024;

/** Longest wait for a run: a step takes half a second on a busy machine. */
export const RUN_MS = 200_000;

/** Opens the embedded model with `recipe`, and waits for its dense perplexity. base: for a page that has no base address. */
export async function openStudio(page: Page, recipe: LinkedRecipe = SHORT, base = "./"): Promise<void> {
  const linked = { ...recipe, evaluationTokens: MEASURED_TOKENS };
  const hash = new URLSearchParams(Object.entries(linked).map(([key, value]) => [key, String(value)]));
  await page.goto(`${base}#${hash.toString()}`);
  await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
  await expect(page.getByTestId("perplexity-dense-note")).toHaveText(/1,024 tokens$/);
}

const numberOf = (text: string): number => Number(text.replaceAll(",", ""));

/** "step 1,204 of 100,000" as numbers. */
export async function stepOf(page: Page): Promise<{ step: number; of: number }> {
  const words = await page.getByTestId("run-step").innerText();
  const [step, of] = (/step ([\d,]+) of ([\d,]+)/.exec(words) ?? []).slice(1).map(numberOf);
  if (step === undefined || of === undefined) throw new Error(`expected "step i of n", got "${words}"`);
  return { step, of };
}

/** Trains (or continues) until at least `step` steps are done. */
export async function trainTo(page: Page, step: number): Promise<void> {
  await page.getByTestId("play").click();
  await expect.poll(async () => (await stepOf(page)).step, { timeout: RUN_MS }).toBeGreaterThanOrEqual(step);
}

/** Pauses and waits until the run has stopped; returns its step. */
export async function pause(page: Page): Promise<number> {
  await page.getByTestId("pause").click();
  await expect(page.getByTestId("run-phase")).toHaveText("paused");
  await expect(page.getByTestId("play")).toBeEnabled();
  return (await stepOf(page)).step;
}

/** Waits until the run is done. */
export async function finish(page: Page): Promise<void> {
  await expect(page.getByTestId("run-phase")).toHaveText("done", { timeout: RUN_MS });
}

/** Records every step that the page shows from now on; the returned function reads them, oldest first. */
export async function recordSteps(page: Page): Promise<() => Promise<number[]>> {
  const seen = await page.getByTestId("run-step").evaluateHandle((node) => {
    const steps: number[] = [];
    const note = (): void => void steps.push(Number(/\d+/.exec(node.textContent)?.[0]));
    note();
    new MutationObserver(note).observe(node, { childList: true, characterData: true, subtree: true });
    return steps;
  });
  return () => seen.jsonValue();
}

/** The accessible name of a figure's chart: what it shows, in numbers. */
export async function chartWords(page: Page, name: string): Promise<string> {
  return (await page.getByTestId(`figure-${name}`).getByRole("img").getAttribute("aria-label")) ?? "";
}

/** Moves the target's slider by arrow keys, one percent per key. */
export async function slideBy(page: Page, percent: number): Promise<void> {
  const slider = page.getByRole("slider", { name: "Target: kept share" });
  await slider.focus();
  for (let i = 0; i < Math.abs(percent); i += 1) await slider.press(percent > 0 ? "ArrowRight" : "ArrowLeft");
}

/** Types a target in percent of the block weights. */
export async function typeTarget(page: Page, percent: number): Promise<void> {
  await page.getByTestId("keep-blocks").fill(String(percent));
  await page.getByTestId("keep-blocks").press("Enter");
}

/** The number of kept block weights that the results show. */
export async function keptBlockWeights(page: Page): Promise<number> {
  const note = await page.getByTestId("kept-blocks-note").innerText();
  return numberOf(/^[\d,]+/.exec(note)?.[0] ?? "NaN");
}

/** Waits until the pruned model is measured at this target and step, e.g. ("35.0 %", 60); returns its perplexity. */
export async function prunedPerplexity(page: Page, target: string, step: number): Promise<number> {
  const note = page.getByTestId("perplexity-pruned-note");
  await expect(note).toHaveText(new RegExp(`^at ${target}, step ${step}; .+, context 512, 1,024 tokens$`));
  return Number.parseFloat(await page.getByTestId("perplexity-pruned").innerText());
}

/** Reads until two consecutive readings are equal: text on the screen follows the store with a delay. */
export async function settled<T>(read: () => Promise<T>): Promise<T> {
  let now = await read();
  await expect
    .poll(async () => {
      const before = now;
      now = await read();
      return JSON.stringify(now) === JSON.stringify(before);
    })
    .toBe(true);
  return now;
}
