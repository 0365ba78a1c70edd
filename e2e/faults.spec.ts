// Real faults: no WebGPU, a GPU process that dies, malformed or unsupported models, a loss that is not a number, a full disk.
import { cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { chromium, expect, test, type Browser, type Page } from "@playwright/test";
import { chromiumFlags, chromiumLaunch } from "../scripts/chromium/chromium.ts";
import { crashGpuProcess } from "./support/deviceLoss.ts";
import { readTensors, writeTensors } from "./support/files.ts";
import { chartWords, finish, openStudio, pause, stepOf, trainTo } from "./support/studio.ts";

const launch = (args: string[]): Promise<Browser> => chromium.launch(chromiumLaunch(args));

/** Copies the golden LLaMA model, for a test that damages it. */
function copyOfGolden(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of ["config.json", "tokenizer.json", "model.safetensors"])
    cpSync(join("golden/llama", name), join(folder, name));
  return folder;
}

test.describe("without WebGPU", () => {
  const ways = {
    "the browser has none": ["--no-sandbox", "--disable-blink-features=WebGPU"],
    "it has no adapter": ["--no-sandbox", "--enable-unsafe-webgpu", "--disable-gpu", "--disable-software-rasterizer"],
  };
  for (const [why, args] of Object.entries(ways)) {
    test(`a page explains what to do: ${why}`, async ({ baseURL }) => {
      const browser = await launch(args);
      try {
        const page = await (await browser.newContext({ baseURL: baseURL ?? "" })).newPage();
        await page.goto("./");
        await expect(page.getByRole("heading", { level: 1 })).toHaveText(/needs WebGPU/);
        await expect(page.getByRole("alert")).toContainText(/does not offer it|no adapter/);
        await expect(page.getByTestId("no-webgpu")).toContainText("--enable-unsafe-webgpu");
        await expect(page.getByTestId("no-webgpu")).toContainText("Safari");
        await expect(page.getByTestId("play")).toHaveCount(0);
        await expect(page.getByTestId("try-again")).toBeEnabled();
        expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      } finally {
        await browser.close();
      }
    });
  }
});

test("a browser that may give no GPU again after crashes: text and curves stay, and the page says what to do", async ({
  baseURL,
}) => {
  const browser = await launch(chromiumFlags());
  try {
    const page = await browser.newPage({ baseURL: baseURL ?? "" });
    await openStudio(page, { steps: 4, tokens: 32, checkpointEvery: 4 });
    await page.getByTestId("play").click();
    await finish(page);
    await page.getByTestId("generate-tokens").fill("200");
    const banner = page.getByTestId("device-lost");
    const written = async () => (await page.getByTestId("text-dense").innerText()).length;
    for (const crash of ["first", "second"]) {
      await page.getByTestId("generate").click();
      await expect.poll(written).toBeGreaterThan(60);
      await crashGpuProcess(page);
      await expect(banner, `${crash} crash`).toHaveAttribute("data-code", "device-lost");
      expect(await written()).toBeGreaterThan(60);
      await page.getByTestId("reopen-device").click();
      // Chromium refuses an adapter after repeated crashes: then the banner says so, and the page stays
      if (crash === "first") await expect(banner).toHaveCount(0);
    }
    await expect
      .poll(
        async () => (await banner.count()) === 0 || /could not be opened again.*Reload/.test(await banner.innerText()),
      )
      .toBe(true);
    await expect(page.getByTestId("no-webgpu")).toHaveCount(0);
    expect(await written()).toBeGreaterThan(60);
    expect(await chartWords(page, "curves")).toContain("up to step 3:");
  } finally {
    await browser.close();
  }
});

test.describe.serial("while the embedded model is open", () => {
  let page: Page;
  test.beforeAll(async ({ browser }) => {
    page = await browser.newPage();
    await openStudio(page, { steps: 60, tokens: 32, checkpointEvery: 4 });
  });
  test.afterAll(() => page.close());

  /** The previous model is still open, with its measurements, and can be trained. */
  async function expectEmbeddedStays(): Promise<void> {
    await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
    await expect(page.getByTestId("perplexity-dense")).toHaveText(/^\d+\.\d\d$/);
    await expect(page.getByTestId("play")).toBeEnabled();
  }

  test("an unsupported model is refused by name", async ({}, info) => {
    const folder = info.outputPath("a-mamba");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "config.json"), JSON.stringify({ model_type: "mamba", hidden_size: 768 }));
    await page.getByTestId("open-files").setInputFiles(folder);
    const error = page.getByTestId("open-error");
    await expect(error).toHaveAttribute("data-code", "unsupported");
    await expect(error).toContainText("mamba");
    await expect(error).toContainText("llama");
    await expectEmbeddedStays();
  });

  test("a folder without a model is refused with what it contains", async ({}, info) => {
    const folder = info.outputPath("no-model");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "notes.txt"), "nothing");
    await page.getByTestId("open-files").setInputFiles(folder);
    await expect(page.getByTestId("open-error")).toContainText("notes.txt");
    await expectEmbeddedStays();
  });

  test("a model file that is cut short is refused with its name and the numbers", async ({}, info) => {
    const folder = copyOfGolden(info.outputPath("cut-short"));
    const bytes = readFileSync(join(folder, "model.safetensors")).length;
    truncateSync(join(folder, "model.safetensors"), bytes - 1000);
    await page.getByTestId("open-files").setInputFiles(folder);
    const error = page.getByTestId("open-error");
    await expect(error).toHaveAttribute("data-code", "format");
    await expect(error).toContainText("model.safetensors");
    await expect(error).toContainText(/\d{3}/);
    await expectEmbeddedStays();
  });

  test("memory that the browser lacks is named, and what is asked for next works", async () => {
    const [worker] = page.workers();
    if (!worker) throw new Error("expected the studio's worker");
    // all that the browser gives to arrays of this page; nothing is written to it, so the machine keeps its own
    await worker.evaluate((most) => {
      const hoard: ArrayBuffer[] = [];
      Object.assign(globalThis, { hoard });
      for (let bytes = most; bytes >= 2 ** 16; bytes /= 2)
        try {
          for (;;) hoard.push(new ArrayBuffer(bytes));
        } catch {
          // no room for one of this size
        }
    }, 2 ** 32);
    await page.getByTestId("play").click();
    const notice = page.getByTestId("notice").and(page.locator("[data-code=out-of-memory]"));
    await expect(notice).toContainText(/Out of memory\..*no memory left for this page.*Close other pages/);
    await expect(page.getByTestId("run-phase")).toHaveText("not started");
    await worker.evaluate(() => Reflect.deleteProperty(globalThis, "hoard"));
    await page.getByTestId("dismiss").click();
  });

  test("a full disk is named, and the run continues", async ({ baseURL }) => {
    const cdp = await page.context().newCDPSession(page);
    const origin = new URL(baseURL ?? "").origin;
    await cdp.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1000 });
    await trainTo(page, 5);
    const notice = page.getByTestId("notice").and(page.locator("[data-code=storage]"));
    await expect(notice).toContainText(/QuotaExceededError|AbortError/);
    await expect(notice).toContainText("free disk space");
    await expect.poll(async () => (await stepOf(page)).step).toBeGreaterThanOrEqual(9);
    expect(await chartWords(page, "curves")).not.toBe("No steps yet");
    await expect(page.getByTestId("run-phase")).toHaveText("training");
    // with room again the next checkpoint is stored, and it is there after a reload
    await cdp.send("Storage.overrideQuotaForOrigin", { origin });
    await page.getByTestId("dismiss").click();
    const step = await pause(page);
    await expect(notice).toHaveCount(0);
    await page.reload();
    await expect(page.getByTestId("resumable")).toContainText(`at step ${step} of 60`);
    await page.getByTestId("discard").click();
  });

  test("a loss that is not a number ends the run at its last good checkpoint", async ({}, info) => {
    const folder = copyOfGolden(info.outputPath("broken-weights"));
    spoilOneToken(folder, "Q");
    // a link sets the texts too, to those that every page has
    await page.goto("./#steps=200&tokens=32&checkpointEvery=1");
    const plain = "the people of the land and the men of the sea were at home in the evening. ";
    const own = (text: string) => ({ name: "own.txt", mimeType: "text/plain", buffer: Buffer.from(text) });
    await page.getByTestId("text-calibration-file").setInputFiles(own(`${plain.repeat(8)}Q `.repeat(40)));
    await page.getByTestId("text-evaluation-file").setInputFiles(own(plain.repeat(40)));
    await page.getByTestId("open-files").setInputFiles(folder);
    await expect(page.getByTestId("model-name")).toHaveText(/broken-weights/);
    await expect(page.getByTestId("perplexity-dense")).toHaveText(/^\d/);
    await page.getByTestId("play").click();
    const error = page.getByTestId("run-error");
    await expect(error).toHaveAttribute("data-code", "not-finite");
    await expect(error).toContainText(/loss of step \d+ is not a finite number/);
    const broken = Number(/loss of step (\d+)/.exec(await error.innerText())?.[1]);
    await expect(page.getByTestId("resumable")).toContainText(/stopped at step \d+ of 200/);
    const kept = Number(/at step (\d+)/.exec(await page.getByTestId("resumable").innerText())?.[1]);
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThanOrEqual(broken);
    expect(await chartWords(page, "curves")).not.toBe("No steps yet");
    await expect(page.getByTestId("play")).toBeEnabled();
  });
});

/** Gives the model a separate head and one token a NaN embedding: all is well until that token is read. */
function spoilOneToken(folder: string, token: string): void {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const { model } = read("tokenizer.json") as { model: { vocab: Record<string, number> } };
  const row = model.vocab[token];
  if (row === undefined) throw new Error(`expected ${token} to be a token of the golden model`);
  writeFileSync(
    join(folder, "config.json"),
    JSON.stringify({ ...(read("config.json") as object), tie_word_embeddings: false }),
  );
  const file = join(folder, "model.safetensors");
  const { header, start, bytes } = readTensors(readFileSync(file));
  const tensors = Object.entries(header).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => {
      return { name, dtype, shape, data: Buffer.from(bytes.subarray(start + from, start + to)) };
    },
  );
  const embedding = tensors.find(({ name }) => name === "model.embed_tokens.weight");
  if (!embedding) throw new Error("expected the golden model to have embeddings");
  tensors.push({ ...embedding, name: "lm_head.weight", data: Buffer.from(embedding.data) });
  const width = (embedding.shape[1] ?? 0) * 4;
  for (let at = row * width; at < (row + 1) * width; at += 4) embedding.data.writeFloatLE(Number.NaN, at);
  writeFileSync(file, writeTensors(tensors));
}
