// npm run screenshot -- [STEPS]: takes the README's picture of the built studio, after a run for every ratio on the embedded model.
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { build } from "vite";
import { chromiumFlags } from "../chromium/chromium.ts";
import { ensureChromium } from "../chromium/ensureChromium.ts";
import { serveBuilt } from "./serve.ts";

const PICTURE = fileURLToPath(new URL("../screenshot.png", import.meta.url));
const DEFAULT_STEPS = 600;
/** Tall enough for the map and the curve below it. */
const VIEWPORT = { width: 1440, height: 1270 };
const TIMEOUT_MS = 40 * 60_000;

const steps = Number(process.argv[2] ?? DEFAULT_STEPS);
if (!Number.isInteger(steps) || steps < 1) {
  console.error(
    `STEPS: expected a whole number from 1, got "${process.argv[2] ?? ""}". Usage: npm run screenshot -- [STEPS]`,
  );
  process.exit(2);
}

await build({ logLevel: "error" });
const served = await serveBuilt();
const browser = await chromium.launch({ executablePath: ensureChromium(), args: chromiumFlags() });
try {
  const page = await browser.newPage({ viewport: VIEWPORT, colorScheme: "light" });
  page.setDefaultTimeout(TIMEOUT_MS);
  await page.goto(`${served.address}#ratioMode=every&steps=${steps}`);
  await page.getByTestId("perplexity-dense").filter({ hasText: /\d/ }).waitFor();
  await page.getByTestId("play").click();
  // the last thing to appear: the curve is measured after everything else
  await page.getByTestId("nestedness").waitFor();
  await page.screenshot({ path: PICTURE });
  console.log(`Wrote scripts/screenshot.png: ${(await page.getByTestId("run-step").innerText()).trim()}`);
} finally {
  await browser.close();
  await served.close();
}
