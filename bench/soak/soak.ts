// Runs one scenario of a soak in a browser that is open.
import type { Browser } from "playwright";
import { type Figures, watchFigures } from "./figures.ts";
import { openForSoak, type Scenario } from "./scenarios.ts";

interface Soaked {
  /** After each round. */
  figures: Figures[];
  adapter: string;
}

/** rounds: how many of the scenario. `onRound` gets the figures as they come. */
export async function soak(
  browser: Browser,
  scenario: Scenario,
  { address, rounds, onRound }: { address: string; rounds: number; onRound?: (figures: Figures, i: number) => void },
): Promise<Soaked> {
  // the offline copy would count as stored bytes that grow
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, serviceWorkers: "block" });
  try {
    const read = await watchFigures(page);
    await openForSoak(page, scenario, address);
    const figures: Figures[] = [];
    for (let i = 0; i < rounds; i += 1) {
      await scenario.round(page, i);
      const now = await read();
      figures.push(now);
      onRound?.(now, i);
    }
    const adapter = await page.getByTestId("adapter").innerText();
    return { figures, adapter };
  } finally {
    await page.close();
  }
}
