// What a soak does over and over: each scenario is rounds on one page, whose figures have to stay flat.
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@playwright/test";
import type { Page } from "playwright";
import { stepOf } from "../../e2e/support/studio.ts";

export interface Scenario {
  /** For people: "200 slider moves while a run trains". */
  title: string;
  /** Of the page's link. */
  recipe: Record<string, number | string>;
  /** Rounds of the long form and of the short one in CI. The figures are read after each. */
  rounds: { long: number; short: number };
  /** Rounds that allocate what all of them need. */
  warmUp: number;
  begin?: (page: Page) => Promise<void>;
  round: (page: Page, i: number) => Promise<void>;
}

/** Longest wait for anything: a software GPU on busy cores. */
const WAIT_MS = 120_000;
const wait = { timeout: WAIT_MS };

const stepsTo = (page: Page, step: number): Promise<void> =>
  expect.poll(async () => (await stepOf(page)).step, wait).toBeGreaterThanOrEqual(step);

/** Pauses and waits until the masks that are shown are measured, so that nothing is under way. */
async function atRest(page: Page): Promise<void> {
  await page.getByTestId("pause").click();
  await expect(page.getByTestId("run-phase")).toHaveText("paused", wait);
  const step = (await stepOf(page)).step.toLocaleString("en");
  await expect(page.getByTestId("perplexity-pruned-note")).toContainText(`step ${step}`, wait);
}

const play = (page: Page): Promise<void> => page.getByTestId("play").click(wait);

/** Keys at the target's slider, there and back again, so that every round ends at the same target. */
async function moveSlider(page: Page, moves: number): Promise<void> {
  const slider = page.getByRole("slider", { name: "Target: kept share" });
  await slider.focus();
  for (let i = 0; i < moves; i += 1) await slider.press(i < moves / 2 ? "ArrowLeft" : "ArrowRight");
}

async function exportAll(page: Page): Promise<void> {
  await page.getByTestId("export-prepare").click(wait);
  for (const form of ["masked", "compact", "onnx"])
    await expect(page.getByTestId(`export-${form}`)).toHaveAttribute("data-ok", "true", wait);
}

const RUN = { tokens: 16, checkpointEvery: 50 };
const ENDLESS = { ...RUN, steps: 100_000 };
const STEPS = 100;
const MOVES = 20;

export const SCENARIOS = {
  steps: {
    title: "1,500 training steps",
    recipe: ENDLESS,
    rounds: { long: 15, short: 4 },
    warmUp: 2,
    async round(page, i) {
      await play(page);
      await stepsTo(page, (i + 1) * STEPS);
      await atRest(page);
    },
  },
  slider: {
    title: "200 moves of the target while a run trains",
    recipe: ENDLESS,
    rounds: { long: 10, short: 4 },
    warmUp: 1,
    async round(page) {
      await play(page);
      await stepsTo(page, (await stepOf(page)).step + 2);
      await moveSlider(page, MOVES);
      await atRest(page);
    },
  },
  starts: {
    title: "50 starts and stops",
    recipe: ENDLESS,
    rounds: { long: 50, short: 5 },
    warmUp: 2,
    async round(page) {
      await play(page);
      await stepsTo(page, (await stepOf(page)).step + 1);
      await atRest(page);
    },
  },
  exports: {
    title: "10 exports in three forms",
    recipe: { ...RUN, steps: 4 },
    rounds: { long: 10, short: 3 },
    warmUp: 1,
    async begin(page) {
      await play(page);
      await expect(page.getByTestId("run-phase")).toHaveText("done", wait);
    },
    round: exportAll,
  },
  models: {
    title: "20 models in a row",
    recipe: RUN,
    // two per round
    rounds: { long: 10, short: 3 },
    warmUp: 1,
    async round(page) {
      for (const name of ["opt", "llama"]) await openGolden(page, name);
    },
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
export const NAMES = Object.keys(SCENARIOS) as ScenarioName[];

/** Of this process alone: a browser cannot read a picked file any more after another process has written it. */
const MODELS = join(".cache/soak", String(process.pid));
process.once("exit", () => rmSync(MODELS, { recursive: true, force: true }));

/** Picks the model of a golden case, which is small. */
export async function pickGolden(page: Page, name: string): Promise<void> {
  const folder = join(MODELS, `soak-${name}`);
  mkdirSync(folder, { recursive: true });
  for (const file of ["config.json", "tokenizer.json", "model.safetensors"])
    cpSync(join("golden", name, file), join(folder, file));
  await page.getByTestId("open-files").setInputFiles(folder);
}

/** Opens it, and waits until it is measured. */
async function openGolden(page: Page, name: string): Promise<void> {
  await pickGolden(page, name);
  await expect(page.getByTestId("model-name")).toHaveText(new RegExp(`soak-${name}`), wait);
  await expect(page.getByTestId("perplexity-dense-note")).toHaveText(/\d tokens$/, wait);
}

/** Opens the page at `address` with a small model and short texts. */
export async function openForSoak(
  page: Page,
  { recipe, begin }: Pick<Scenario, "recipe" | "begin">,
  address: string,
): Promise<void> {
  const hash = new URLSearchParams(Object.entries(recipe).map(([key, value]) => [key, String(value)]));
  await page.goto(`${address}#${hash.toString()}`);
  // the built-in model is not waited for: the next opening ends its measurement
  await expect(page.getByTestId("open-files")).toBeAttached(wait);
  await chooseShortTexts(page);
  await openGolden(page, "llama");
  await begin?.(page);
}

/** Chooses short texts of one's own, the same each time. */
export async function chooseShortTexts(page: Page): Promise<void> {
  await page.getByTestId("texts").locator("summary").click();
  const text = "the people of the land and the men of the sea were at home in the evening. ".repeat(40);
  for (const which of ["calibration", "evaluation"])
    await page
      .getByTestId(`text-${which}-file`)
      .setInputFiles({ name: "soak.txt", mimeType: "text/plain", buffer: Buffer.from(text) });
}
