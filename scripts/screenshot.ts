// npm run screenshot -- [STEPS]: the README's picture, made from the built studio after some training on the embedded model.
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { build } from "vite";
import { chromiumFlags } from "./chromium.ts";
import { ensureChromium } from "./ensureChromium.ts";
import { serveBuilt } from "./serve.ts";

const PICTURE = fileURLToPath(new URL("./screenshot.png", import.meta.url));
const DEFAULT_STEPS = 150;
const PATIENCE_MS = 20 * 60_000;

const steps = Number(process.argv[2] ?? DEFAULT_STEPS);
if (!Number.isInteger(steps) || steps < 1) {
  console.error(
    `STEPS must be a whole number from 1; "${process.argv[2] ?? ""}" came. Usage: npm run screenshot -- [STEPS]`,
  );
  process.exit(2);
}

await build({ logLevel: "error" });
const served = await serveBuilt();
const browser = await chromium.launch({ executablePath: ensureChromium(), args: chromiumFlags() });
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: "light" });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(served.address);
  // at rest both perplexities are measured: then every number of the picture is there
  const measured = (which: "dense" | "pruned"): Promise<void> =>
    page.getByTestId(`perplexity-${which}`).filter({ hasText: /\d/ }).waitFor();
  await measured("dense");
  await page.getByTestId("play").click();
  await page.waitForFunction((wanted) => {
    const words = document.querySelector("[data-testid=run-step]")?.textContent ?? "";
    return Number(/\d+/.exec(words)?.[0] ?? 0) >= wanted;
  }, steps);
  await page.getByTestId("pause").click();
  await measured("pruned");
  await page.screenshot({ path: PICTURE });
  console.log(`scripts/screenshot.png shows ${(await page.getByTestId("run-step").innerText()).trim()}`);
} finally {
  await browser.close();
  await served.close();
}
