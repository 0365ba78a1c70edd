// npm run screenshots -- [STEPS] [--readme]: pictures of the built studio in four sizes and both themes, after a run on the built-in model.
import { mkdirSync, rmSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright";
import { build } from "vite";
import { chromiumFlags } from "../chromium/chromium.ts";
import { ensureChromium } from "../chromium/ensureChromium.ts";
import { recordRun, writePicture } from "./readmePictures.ts";
import { serveBuilt } from "./serve.ts";
import { STATES } from "./studioStates.ts";

/** Git ignores it. */
const FOLDER = ".cache/screenshots";
/** Pictures of the README, which are committed. */
const README_FOLDER = "docs/pictures";
const DEFAULT_STEPS = 600;
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
  { width: 768, height: 1024 },
  { width: 2560, height: 1440 },
];
const THEMES = ["light", "dark"] as const;
const TIMEOUT_MS = 40 * 60_000;

const USAGE = "npm run screenshots -- [STEPS] [--readme]";

function readArguments(): { steps: number; readme: boolean } {
  const words = process.argv.slice(2).filter((word) => word !== "--readme");
  const steps = Number(words[0] ?? DEFAULT_STEPS);
  if (words.length <= 1 && Number.isInteger(steps) && steps > 0)
    return { steps, readme: process.argv.includes("--readme") };
  console.error(`STEPS: expected a whole number from 1, got "${words.join(" ")}". Usage: ${USAGE}`);
  return process.exit(2);
}

/** Opens the studio, takes the first pictures, and lets the run train; with `readme` its recording is written. */
async function trained(browser: Browser, address: string, { steps, readme }: ReturnType<typeof readArguments>) {
  const page = await browser.newPage({ viewport: SIZES[0] ?? null, reducedMotion: "reduce" });
  page.setDefaultTimeout(TIMEOUT_MS);
  await page.goto(`${address}#ratioMode=every&steps=${steps}`);
  await page.getByTestId("perplexity-dense").filter({ hasText: /\d/ }).waitFor();
  await page
    .getByTestId("model-name")
    .filter({ hasText: /speeches/ })
    .waitFor();
  await inAllLooks(page, async (look) => {
    await page.screenshot({ path: `${FOLDER}/first-${look}.png` });
  });
  await page.getByTestId("play").click();
  // the last thing to appear: the curve is measured after everything else
  const ended = page.getByTestId("nestedness").waitFor();
  if (readme) await recordRun(page, ended, `${README_FOLDER}/run.webp`);
  await ended;
  await page.getByTestId("export-prepare").click();
  await page.getByTestId("export-of").waitFor();
  return page;
}

/** Calls `take` with the page in each size and theme; the name of a look is part of a file's name. */
async function inAllLooks(page: Page, take: (look: string) => Promise<void>): Promise<void> {
  for (const size of SIZES)
    for (const colorScheme of THEMES) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme });
      await page.evaluate(() => scrollTo(0, 0));
      await take(`${size.width}x${size.height}-${colorScheme}`);
    }
}

/** The three pictures of the README: the page and its map in the light theme, the layers in the dark one. */
async function readmePictures(page: Page): Promise<void> {
  await page.setViewportSize({ width: 1440, height: 1180 });
  for (const [name, colorScheme, state] of [
    ["studio", "light", "run"],
    ["layers", "dark", "layers"],
    ["runs", "light", "runs"],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    const { show } = STATES[state];
    await show(page);
    await writePicture(await page.screenshot(), `${README_FOLDER}/${name}.webp`);
  }
}

const wanted = readArguments();
rmSync(FOLDER, { recursive: true, force: true });
for (const folder of [FOLDER, README_FOLDER]) mkdirSync(folder, { recursive: true });
await build({ logLevel: "error" });
const served = await serveBuilt();
const browser = await chromium.launch({ executablePath: ensureChromium(), args: chromiumFlags() });
try {
  const page = await trained(browser, served.address, wanted);
  if (wanted.readme) await readmePictures(page);
  await inAllLooks(page, async (look) => {
    for (const [name, { show, leave }] of Object.entries(STATES)) {
      await show(page);
      await page.screenshot({ path: `${FOLDER}/${name}-${look}.png` });
      await leave?.(page);
    }
  });
  console.log(`Wrote ${FOLDER}${wanted.readme ? ` and ${README_FOLDER}` : ""}.`);
} finally {
  await browser.close();
  await served.close();
}
