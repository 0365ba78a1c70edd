// The states of the studio that are photographed, after a run: each is shown as a person would show it.
import type { Page } from "playwright";

interface State {
  show(page: Page): Promise<void>;
  /** Undoes what covers the page. */
  leave?(page: Page): Promise<void>;
}

/** Charts that are drawn when they come into sight are there by then. */
const DRAWN_MS = 400;

/** A section, at the top of the window. */
const section = (id: string): State => ({
  async show(page) {
    await page.evaluate((to) => {
      document.getElementById(to)?.scrollIntoView({ block: "start" });
      // below what stays in sight at the top
      scrollBy(0, -Math.max(120, document.querySelector<HTMLElement>(".pinned")?.offsetHeight ?? 0) - 12);
    }, id);
    await page.waitForTimeout(DRAWN_MS);
  },
});

/** A dialog that an action of the palette opens. */
const dialog = (words: string, shown: string): State => ({
  async show(page) {
    await page.keyboard.press("Control+k");
    await page.getByTestId("palette-words").fill(words);
    await page.keyboard.press("Enter");
    await page.getByTestId(shown).waitFor();
    await page.waitForTimeout(DRAWN_MS);
  },
  async leave(page) {
    await page.keyboard.press("Escape");
    await page.getByTestId(shown).waitFor({ state: "detached" });
  },
});

type StateName =
  | "run"
  | "map"
  | "layers"
  | "matrix"
  | "runs"
  | "examples"
  | "verdict"
  | "export"
  | "models"
  | "storage"
  | "terms"
  | "keys"
  | "report";

export const STATES: Readonly<Record<StateName, State>> = {
  run: {
    async show(page) {
      await page.evaluate(() => scrollTo(0, 0));
      await page.waitForTimeout(DRAWN_MS);
    },
  },
  map: section("figure-map"),
  layers: section("layers-heading"),
  matrix: {
    async show(page) {
      const read = page.getByTestId("matrix-show");
      if (await read.isVisible()) await read.click();
      await page.getByTestId("figure-matrix").waitFor();
      await section("matrix-heading").show(page);
    },
  },
  runs: section("runs-title"),
  export: section("export-heading"),
  models: dialog("another model", "library"),
  storage: dialog("browser stores", "dialog-storage"),
  terms: dialog("explain", "dialog-glossary"),
  keys: dialog("all keys", "dialog-keys"),
  report: dialog("report", "dialog-report"),
  examples: {
    async show(page) {
      if (!(await page.getByTestId("examples-note").isVisible())) await page.getByTestId("examples-toggle").click();
      await page.getByTestId("examples-note").waitFor();
      await section("runs-title").show(page);
    },
  },
  verdict: {
    async show(page) {
      for (const name of ["Compare Example: DISP 50 %, seed 1", "Compare Example: DaSS 2:4, seed 1"]) {
        const compare = page.getByRole("button", { name });
        if ((await compare.getAttribute("aria-pressed")) !== "true") await compare.click();
      }
      await page.getByTestId("verdict-sentence").scrollIntoViewIfNeeded();
      await page.waitForTimeout(DRAWN_MS);
    },
    async leave(page) {
      await page.getByTestId("examples-toggle").click();
    },
  },
};
