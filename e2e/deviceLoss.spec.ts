// The GPU process crashes in the middle of each kind of work, twice in a row: the page says so, gets a device again, and the work resumes or
// can be done again. Devices that are destroyed, as by a driver that resets, and at last the worker itself.
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { chooseShortTexts, openForSoak, pickGolden } from "../bench/soak/scenarios.ts";
import {
  CRASHABLE,
  endWorkerIn,
  loseAndReopen,
  loseIn,
  nameAdapter,
  plantFuses,
  reopen,
} from "./support/deviceLoss.ts";
import { unzipStored } from "./support/files.ts";
import { chartWords, recordSteps, stepOf } from "./support/studio.ts";

test.use({ launchOptions: CRASHABLE });

const RECIPE = {
  ...{ ratioMode: "every", steps: 12, tokens: 16, checkpointEvery: 2 },
  ...{ calibrationSequences: 2, calibrationTokens: 16 },
};

/** What two runs of one recipe have alike. A loss may cost a reading of the perplexity in the middle of one. */
interface Saved {
  masks: unknown;
  curves: object;
}

/** One run, or several. */
type Exported = { masks: unknown; history: object } | { masks: unknown; history: object }[];

const ownText = (sentence: string) => ({
  name: "own.txt",
  mimeType: "text/plain",
  buffer: Buffer.from(sentence.repeat(40)),
});

test.describe("a device is lost twice", () => {
  let page: Page;
  test.beforeAll(async ({ browser, baseURL }) => {
    page = await browser.newPage();
    await plantFuses(page);
    await openForSoak(page, { recipe: RECIPE }, baseURL ?? "");
  });
  test.afterAll(() => page.close());

  const at = (testId: string) => page.getByTestId(testId);
  const press = (testId: string) => () => at(testId).click();
  const phase = () => at("run-phase");

  /** The one saved run, with its curves and masks. */
  async function savedRun(): Promise<Saved> {
    await expect(at("run-row")).toHaveCount(1);
    const [file] = await Promise.all([page.waitForEvent("download"), at("runs-export").click()]);
    const [run] = [JSON.parse(readFileSync(await file.path(), "utf8")) as Exported].flat();
    if (!run) throw new Error("expected a run in the file, got none");
    const { masks, history } = run;
    return { masks, curves: { ...history, readings: [] } };
  }

  test("while a model opens: the one before stays, and the other can be opened", async () => {
    const moments = [
      { command: "open", call: "createBuffer", nth: 1 },
      { command: "open", call: "createBuffer", nth: 3 },
    ] as const;
    await loseAndReopen(page, moments, () => pickGolden(page, "opt"));
    await expect(at("model-name")).toHaveText(/soak-llama/);
    for (const name of ["opt", "llama"]) {
      await pickGolden(page, name);
      await expect(at("model-name")).toHaveText(new RegExp(`soak-${name}`));
      await expect(at("perplexity-dense-note")).toHaveText(/\d tokens$/);
    }
  });

  test("while the dense model is measured: it is measured again", async () => {
    let texts = 0;
    const moments = [
      { command: "perplexity", nth: 2 },
      { command: "perplexity", nth: 1 },
    ] as const;
    const another = () => {
      const sentence = `${"and ".repeat((texts += 1))}the men of the sea were in the land at the end of the evening. `;
      return at("text-evaluation-file").setInputFiles(ownText(sentence));
    };
    await loseAndReopen(page, moments, another);
    await expect(at("perplexity-dense")).toHaveText(/^\d/);
  });

  test("in a training: it resumes, with the curve and the masks of one that was never interrupted", async () => {
    await loseIn(page, { command: "train", nth: 24 }, press("play"));
    await expect(phase()).toHaveText("paused");
    // the page learns of the loss before the worker has found the checkpoint
    await expect.poll(async () => (await stepOf(page)).step % RECIPE.checkpointEvery).toBe(0);
    const { step: kept } = await stepOf(page);
    expect(kept).toBeGreaterThan(0);
    expect(await chartWords(page, "map")).not.toContain("100.0 % of");
    expect(await chartWords(page, "curves")).not.toBe("No steps yet");
    const steps = await recordSteps(page);
    // reopening the GPU continues the training, which then loses it again
    await loseIn(page, { command: "train", nth: 12 }, press("reopen-device"));
    await reopen(page);
    await finished();
    // nothing before the checkpoint is trained again
    expect(Math.min(...(await steps()).filter((step) => step > 0))).toBe(kept);
    const interrupted = await savedRun();
    // one with the same masks would not be saved beside it
    await at("run-delete").click();
    await expect(at("run-row")).toHaveCount(0);
    await at("play").click();
    await expect(phase()).toHaveText("training");
    await finished();
    const whole = await savedRun();
    expect(interrupted.curves).toMatchObject({ first: 0, count: 12 });
    expect(interrupted.curves).toEqual(whole.curves);
    expect(interrupted.masks).toEqual(whole.masks);
  });

  /** Waits for a finished run, whose pruned model and curve are measured; trains one where there is none. */
  async function finishedRun(): Promise<void> {
    if ((await phase().innerText()) !== "done") await at("play").click();
    await finished();
  }

  async function finished(): Promise<void> {
    await expect(phase()).toHaveText("done");
    await expect(at("perplexity-pruned-note")).toContainText("step 12");
    await expect(at("nestedness")).toBeVisible();
  }

  test("in a text: it can be written again", async () => {
    await finishedRun();
    const moments = [
      { command: "generate", nth: 3 },
      { command: "generate", nth: 2 },
    ] as const;
    await loseAndReopen(page, moments, press("generate"));
    await press("generate")();
    await expect(at("text-pruned")).toHaveText(/\S{3}/);
  });

  test("in the curve of a run for every ratio: the ratios that are left are measured", async () => {
    await finishedRun();
    // another text: dense and pruned model are measured again, and then the curve
    const sentence = "at the end of the evening the people of the sea were in the land. ";
    await loseIn(page, { command: "curve", nth: 4 }, () => at("text-evaluation-file").setInputFiles(ownText(sentence)));
    await reopen(page);
    await loseIn(page, { command: "curve", nth: 6 }, press("curve-start"));
    await reopen(page);
    await press("curve-start")();
    await expect(at("nestedness")).toBeVisible();
  });

  test("in a nested export: it can be prepared again", async () => {
    await finishedRun();
    const moments = [
      { command: "prepareNested", nth: 3 },
      { command: "prepareNested", nth: 9 },
    ] as const;
    await loseAndReopen(page, moments, press("nested-prepare"));
    await press("nested-prepare")();
    await expect(at("export-nested")).toHaveAttribute("data-ok", "true");
  });

  test("in an export: the pruned model stays, and it can be prepared again", async () => {
    await finishedRun();
    const map = await chartWords(page, "map");
    const moments = [
      { command: "prepareExport", nth: 1 },
      { command: "prepareExport", nth: 2 },
    ] as const;
    await loseAndReopen(page, moments, press("export-prepare"));
    expect(await chartWords(page, "map")).toBe(map);
    await press("export-prepare")();
    for (const form of ["masked", "compact", "onnx"])
      await expect(at(`export-${form}`)).toHaveAttribute("data-ok", "true");
  });

  test("in a recovery: it goes on from its checkpoint, or again from the start", async () => {
    await finishedRun();
    await at("recover-choices").locator("summary").click();
    await at("recover-steps").fill("8");
    await at("recover-steps").press("Enter");
    await loseAndReopen(page, [{ command: "recover", nth: 1 }], press("recover"));
    await loseAndReopen(page, [{ command: "recover", nth: 30 }], press("recover"));
    await at("recover-resume").or(at("recover")).first().click();
    await expect(at("recover-outcome")).toHaveText(/^Recovered: 8 of 8 steps/);
  });

  test("in the check of the GPU: it can be done again", async () => {
    const moments = [
      { command: "selfCheck", nth: 2 },
      { command: "selfCheck", nth: 30 },
    ] as const;
    await loseAndReopen(page, moments, press("self-check-start"));
    await press("self-check-start")();
    await expect(at("self-check")).toContainText(/\d\d of \d+ cases/);
    await press("self-check-cancel")();
    await expect(at("self-check-start")).toBeEnabled();
  });

  test("another adapter takes its place: page and receipt name it, and its kernels are measured anew", async () => {
    await finishedRun();
    const [known] = [await at("adapter").getAttribute("title")];
    const from = at("matmul-from");
    await at("matmul").locator("summary").click();
    await nameAdapter(page, "swiftshader of another machine");
    await loseAndReopen(page, [{ command: "generate", nth: 2, fault: "destroy" }], press("generate"));
    await expect(at("adapter")).toHaveAttribute("title", /of another machine/);
    await expect(from).toHaveText("Measured when the model was opened.");
    await press("export-prepare")();
    await expect(at("export-masked")).toHaveAttribute("data-ok", "true");
    const [saved] = await Promise.all([page.waitForEvent("download"), press("save-zip-masked")()]);
    const receipt = unzipStored(readFileSync(await saved.path())).get("receipt.json");
    expect(JSON.parse(String(receipt))).toMatchObject({ adapter: expect.stringContaining("of another machine") });
    await nameAdapter(page, "");
    await loseAndReopen(page, [{ command: "generate", nth: 2, fault: "destroy" }], press("generate"));
    await expect(at("adapter")).toHaveAttribute("title", known ?? "");
    await expect(from).toHaveText(/^From the measurement stored/);
  });

  test("in the pruning of single weights: it can be done again", async () => {
    await at("method").selectOption("dass");
    const moments = [
      { command: "pruneWeights", nth: 1 },
      { command: "pruneWeights", nth: 3 },
    ] as const;
    await loseAndReopen(page, moments, press("weights-prune"));
    await press("weights-prune")();
    await expect(at("weights-kept")).toHaveText("50.0 % of the MLP weights kept");
    await at("method").selectOption("disp");
  });

  test("the worker ends in an export: after a reload the run is there, and its export can be prepared", async () => {
    await finishedRun();
    await endWorkerIn(page, { command: "prepareExport", nth: 2 }, press("export-prepare"));
    await page.getByRole("button", { name: "Reload the page" }).click();
    await expect(at("worker-dead")).toHaveCount(0);
    await expect(at("model-name")).toHaveText(/speeches/);
    await pickGolden(page, "llama");
    await expect(at("model-name")).toHaveText(/soak-llama/);
    // on another text it would be a new run, which takes the place of this one
    await at("resume").click();
    await expect(at("notice").filter({ hasText: "The saved run belongs to another text" })).toBeVisible();
    await chooseShortTexts(page);
    await at("resume").click();
    await finished();
    await press("export-prepare")();
    for (const form of ["masked", "compact", "onnx"])
      await expect(at(`export-${form}`)).toHaveAttribute("data-ok", "true");
    await expect(at("export-error")).toHaveCount(0);
  });
});
