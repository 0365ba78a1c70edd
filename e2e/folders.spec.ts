// Folders and texts as people have them: a dropped folder with other weights in a subfolder, and a text in UTF-16.
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { filesFrom } from "../scripts/test/faultyServer.ts";

const MODEL = filesFrom("golden/llama", ["config.json", "tokenizer.json", "model.safetensors"]);
const OTHER = readFileSync("golden/llama/model.safetensors");
// other values in the last tensor, as an average of the weights has
OTHER.fill(0, OTHER.length - 4096);

/** Drops a folder on the page. A test cannot drop a real one, so its entries are made of `files`, by path. */
async function dropFolder(page: Page, files: Record<string, Uint8Array>): Promise<void> {
  const encoded = Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes).toString("base64")] as const);
  await page.evaluate((all) => {
    interface Entry {
      name: string;
      isFile: boolean;
      isDirectory: boolean;
      file?: (done: (file: File) => void) => void;
      createReader?: () => { readEntries: (done: (entries: Entry[]) => void) => void };
    }
    const entriesOf = (inside: readonly (readonly [string, string])[]): Entry[] => {
      const names = [...new Set(inside.map(([path]) => path.split("/")[0]!))];
      return names.map((name) => {
        const own = inside.find(([path]) => path === name);
        if (own) {
          const file = new File([Uint8Array.from(atob(own[1]), (c) => c.charCodeAt(0))], name);
          return { name, isFile: true, isDirectory: false, file: (done) => done(file) };
        }
        const below = inside
          .filter(([path]) => path.startsWith(`${name}/`))
          .map(([path, text]) => [path.slice(name.length + 1), text] as const);
        const createReader: Entry["createReader"] = () => {
          let batch = entriesOf(below);
          return {
            readEntries(done) {
              done(batch);
              batch = [];
            },
          };
        };
        return { name, isFile: false, isDirectory: true, createReader };
      });
    };
    const items = entriesOf(all).map((entry) => ({ webkitGetAsEntry: () => entry }));
    const event = new Event("drop", { bubbles: true, cancelable: true });
    Object.defineProperty(event, "dataTransfer", { value: { types: ["Files"], items } });
    document.querySelector(".page")?.dispatchEvent(event);
  }, encoded);
}

const inFolder = (folder: string, files: Record<string, Uint8Array>): Record<string, Uint8Array> =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes]));

test("a dropped folder with ema/ opens its own weights, and says what took no part", async ({ page }) => {
  const dense = page.getByTestId("perplexity-dense");
  const name = page.getByTestId("model-name");
  await page.goto("./");
  await expect(dense).toHaveText(/\d/);
  await dropFolder(page, inFolder("plain", MODEL));
  await expect(name).toHaveText("plain");
  await expect(dense).toHaveText(/\d/);
  const plain = await dense.innerText();
  await dropFolder(page, inFolder("other", { ...MODEL, "model.safetensors": OTHER }));
  await expect(name).toHaveText("other");
  await expect(dense).not.toHaveText(plain);
  await expect(dense).toHaveText(/\d/);

  await dropFolder(page, {
    ...inFolder("with-ema", MODEL),
    "with-ema/.git/config": Buffer.from("x"),
    "with-ema/ema/model.safetensors": OTHER,
  });
  await expect(name).toHaveText("with-ema");
  await expect(dense).toHaveText(plain);
  await expect(page.getByTestId("model-notes")).toContainText("take no part: ema");

  await dropFolder(page, { ...inFolder("out/checkpoint-1", MODEL), ...inFolder("out/checkpoint-2", MODEL) });
  await expect(page.getByTestId("open-error")).toContainText("out/checkpoint-1, out/checkpoint-2");
  await expect(name).toHaveText("with-ema");
});

test("a text in UTF-16 is the same text, and one in Latin-1 is refused with the byte", async ({ page }) => {
  const text = "the people of the land — and the men of the sea — were at home in the evening. ".repeat(40);
  const dense = page.getByTestId("perplexity-dense");
  const give = (buffer: Buffer) =>
    page.getByTestId("text-evaluation-file").setInputFiles({ name: "own.txt", mimeType: "text/plain", buffer });
  await page.goto("./");
  await expect(dense).toHaveText(/\d/);
  const bundled = await dense.innerText();
  await give(Buffer.from(text));
  await expect(dense).not.toHaveText(bundled);
  await expect(dense).toHaveText(/\d/);
  const expected = await dense.innerText();

  await give(Buffer.from("other words entirely ".repeat(80)));
  await expect(dense).not.toHaveText(expected);
  await expect(dense).toHaveText(/\d/);
  await give(Buffer.from(`\ufeff${text}`, "utf16le"));
  await expect(dense).toHaveText(expected);

  await give(Buffer.from("caf\u00e9 au lait ".repeat(100), "latin1"));
  await expect(page.getByTestId("notice")).toContainText("own.txt: byte 3: expected UTF-8 text, got 0xE9.");
  await expect(dense).toHaveText(expected);
});

test("a dropped text is the calibration text, and a dropped model is announced", async ({ page }) => {
  await page.goto("./");
  // the model is open, not only shown: its tokens are counted
  await expect(page.getByTestId("model-gpu-bytes")).toHaveText(/\d/);
  // what loads once a model is open is there
  await expect(page.getByTestId("task-items")).toBeVisible();
  await expect(page.getByTestId("figure-logits")).toBeVisible();
  const status = page.getByTestId("status");
  const places = () => page.locator("h2").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
  const before = await places();
  await dropFolder(page, { "own.txt": Buffer.from("the people of the land ".repeat(4000)) });
  await expect(status).toHaveText(/^Calibration text: own\.txt, [\d,]+ tokens\./);
  expect(await places()).toEqual(before);
  await expect(page.getByTestId("text-calibration")).toHaveValue("own");
  await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
  await dropFolder(page, inFolder("plain", MODEL));
  await expect(status).toHaveText(/^Opened plain: file [\d.]+ kB, on the GPU [\d.]+ (kB|MB)\.$/);
});
