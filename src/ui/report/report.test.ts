// @vitest-environment happy-dom
// The report of a run: its numbers are those of the record and the masks, and no text from outside becomes markup.
import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE, type Run, type RunRecord } from "../../engine/index.ts";
import { AT_HALF, architectureAt, bench, FACTS } from "../../state/client.fixture.ts";
import { gatesRun, threeSteps, weightsRun } from "../../state/runs/savedRuns.fixture.ts";
import { reportHtml } from "./reportHtml.ts";
import { reportMarkdown } from "./reportMarkdown.ts";
import type { ReportInput } from "./report.ts";
import { reportOf } from "./reportOf.ts";
import { madeHere, reportStem } from "./saveReport.ts";

const HOSTILE = `</title><script>alert(1)</script><img src=x onerror="alert(2)"> | "quoted" [a](javascript:b) \`c\``;

/** A run of the scripted model that keeps two gates of every vector. */
function gateRun(id: string, patch: Partial<RunRecord> = {}): Run {
  const masks = { kind: "gates", sizes: [4, 4, 4, 8, 4], masks: Array<string>(5).fill("Aw==") } as const;
  return { ...gatesRun(id, patch), masks };
}

const inputOf = (run: Run, more: Partial<ReportInput> = {}): ReportInput => ({
  ...{ run, facts: FACTS, written: null, checks: [], charts: [], command: null },
  ...{
    masksSha256: "12".repeat(32),
    fingerprint: "f-12",
    version: "9.9",
    now: new Date("2026-11-27T12:00:00Z"),
    ...more,
  },
});
const htmlOf = (input: ReportInput): Document =>
  new DOMParser().parseFromString(reportHtml(reportOf(input)), "text/html");
/** The facts of a section as an object. */
function factsOf(page: Document): Record<string, string> {
  const terms = [...page.querySelectorAll("dt")];
  return Object.fromEntries(terms.map((term) => [term.textContent, term.nextElementSibling?.textContent ?? ""]));
}
const rowsOf = (page: Document): string[] =>
  [...page.querySelectorAll("tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent).join("; "));

const CHART = {
  title: "Map",
  caption: "Rows.",
  words: "12 of 24 kept",
  svg: "<svg xmlns='http://www.w3.org/2000/svg'/>",
};

describe("HTML", () => {
  it("has the numbers of the record, and every layer as the masks cut it", () => {
    const page = htmlOf(inputOf({ ...gateRun("a"), history: threeSteps() }, { charts: [CHART] }));
    expect(factsOf(page)).toMatchObject({
      Method: "DISP-LLM",
      "Kept block weights": "50.0 % (72 of 144)",
      "Perplexity, dense": "20.00",
      "Perplexity, pruned": "27.00 (+35.0 %)",
      "Measured on": "Speeches, held out (sotu-held.txt), context 16, 2,048 tokens",
      keep: "0.5",
      lambda: "6",
      "SHA-256 of the masks": "12".repeat(32),
      "Report written": "2026-11-27 12:00 UTC by Espalier 9.9",
    });
    // two gates are kept of each vector
    expect(rowsOf(page)).toContain("blocks.0.mlp.gate_proj; 8 × 4; 2 × 2; 4; 12.5 %");
    expect(rowsOf(page)).toContain("3; 50.0 %; 27.00; Speeches, held out, context 16, 2,048 tokens");
    expect(page.querySelector("img")?.getAttribute("alt")).toBe("12 of 24 kept");
    expect(page.querySelector("img")?.getAttribute("src")).toMatch(/^data:image\/svg\+xml;charset=utf-8,%3Csvg/);
  });

  it("lists vectors where the model’s sizes are not known, and matrices of single weights", () => {
    expect(rowsOf(htmlOf(inputOf(gateRun("a"), { facts: null })))).toContain(
      "0; 2 of 4; 2 of 4; 2 of 4; 2 of 8; 2 of 4",
    );
    expect(rowsOf(htmlOf(inputOf(weightsRun("w"))))).toEqual(["model.layers.0.mlp.up_proj.weight; 2 × 4; 4; 50.0 %"]);
  });

  it("shows texts from outside as text, and may run nothing", () => {
    const text = { name: HOSTILE, sha256: "ab".repeat(32) };
    const made = gateRun("a");
    const { perplexity } = made.record;
    const run = gateRun("a", {
      ...{ name: HOSTILE, adapter: HOSTILE, calibration: text, perplexity: { ...perplexity, text } },
      model: { name: HOSTILE, modelType: HOSTILE, fingerprint: HOSTILE },
    });
    const page = htmlOf(
      inputOf(run, {
        facts: { ...FACTS, licence: HOSTILE },
        written: { prompt: HOSTILE, temperature: 0, seed: 1, dense: HOSTILE, pruned: HOSTILE },
        command: HOSTILE,
        charts: [{ title: HOSTILE, caption: HOSTILE, words: HOSTILE, svg: HOSTILE }],
      }),
    );
    expect(page.querySelectorAll("script, iframe, object, embed, link, a")).toHaveLength(0);
    expect(page.querySelectorAll("img")).toHaveLength(1);
    const attributes = [...page.querySelectorAll("*")].flatMap((one) => one.getAttributeNames());
    expect(attributes.filter((name) => name.startsWith("on"))).toEqual([]);
    expect(page.querySelector("h1")?.textContent).toBe(HOSTILE);
    expect([...page.querySelectorAll("pre")].map(({ textContent }) => textContent)).toEqual(Array(4).fill(HOSTILE));
    expect(page.querySelector("meta[http-equiv]")?.getAttribute("content")).toMatch(
      /^default-src 'none'; img-src data:/,
    );
  });
});

describe("Markdown", () => {
  it("has the same tables, and escapes texts from outside", () => {
    const run = gateRun("a", { name: HOSTILE });
    const written = { prompt: "p", temperature: 0, seed: 1, dense: "a\n```\nb", pruned: "c" };
    const text = reportMarkdown(reportOf(inputOf(run, { written, charts: [CHART] })));
    expect(text).toContain("| blocks.0.mlp.gate_proj | 8 × 4 | 2 × 2 | 4 | 12.5 % |");
    expect(text).toContain("````text\na\n```\nb\n````");
    expect(text).toContain("\\<script\\>");
    expect(text).not.toMatch(/[^\\]<script/);
    expect(text).toContain("The HTML report also has the charts: Map.");
  });
});

describe("what this session adds", () => {
  it("is of exactly the current pruning", () => {
    const { store } = bench();
    const generation = { phase: "written", of: AT_HALF } as const;
    store.setState({ architecture: architectureAt(0.5, 9), generation, prompt: "edited since" });
    store.setState({ writtenWith: { prompt: "p", temperature: 0, seed: 3 }, denseText: "d", prunedText: "q" });
    const written = { prompt: "p", temperature: 0, seed: 3, dense: "d", pruned: "q" };
    expect(madeHere(store.getState()).written).toEqual(written);
    store.setState({ architecture: architectureAt(0.4, 9) });
    expect(madeHere(store.getState()).written).toBeNull();
  });

  it("names the file after the run", () => {
    expect(reportStem("DISP 50 %, seed 1")).toBe("espalier-report-disp-50-seed-1");
    expect(reportStem("../../…")).toBe("espalier-report-run");
  });

  it("reads the current pruning with the record that is saved of it", async () => {
    const saved = gateRun("saved", { made: { kind: "disp", recipe: DEFAULT_RECIPE, steps: 9 } });
    const studio = bench({ record: () => ({ ...saved, record: { ...saved.record, id: "new" } }) });
    expect(await studio.store.getState().shownRun()).toBeNull();
    await studio.store.getState().importRuns(JSON.stringify([]), "none");
    studio.store.setState({ architecture: architectureAt(0.5, 9) });
    expect((await studio.store.getState().shownRun())?.record.id).toBe("new");
    await studio.store.getState().saveRun();
    expect(studio.store.getState().runs).toMatchObject([{ id: "new" }]);
    expect((await studio.store.getState().shownRun())?.record.id).toBe("new");
  });
});
