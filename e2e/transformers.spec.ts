// transformers.js, straight from its package, loads the exported folder in a browser and generates the same text as the studio.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as Transformers from "@huggingface/transformers";
import { expect, test, type Page } from "@playwright/test";
import { openHeadless, type Headless } from "../src/cli/host/chromium.ts";
import type { PrunedRequest } from "./transformers/engine.ts";

const PACKAGE = "node_modules/@huggingface/transformers";
const PROMPT = "The people of";
const TOKENS = 40;

/** Path of a file of the packages; transformers.js may have its own copy of the runtime. */
function packageFile(name: string): string {
  const paths = [`${PACKAGE}/node_modules/${name}`, `node_modules/${name}`];
  const found = paths.find(existsSync);
  if (!found) throw new Error(`expected ${name} at ${paths.join(" or ")}; run npm ci`);
  return found;
}

/** A page without a bundler: the published modules through an import map, and nothing else. */
const HTML = `<!doctype html><meta charset="utf-8"><title>transformers.js</title>
<script type="importmap">{"imports": {
  "@huggingface/transformers": "/lib/transformers.web.js",
  "onnxruntime-web/webgpu": "/lib/ort.webgpu.bundle.min.mjs",
  "onnxruntime-common": "/lib/common/index.js"
}}</script>`;

/** Opens that page on the origin of `base`; returns the requests to other origins, which are refused. */
async function openPlainPage(page: Page, base: string, folder: string): Promise<string[]> {
  const refused: string[] = [];
  await page.route("**/*", (route) => {
    const url = new URL(route.request().url());
    const [, top = "", ...rest] = url.pathname.split("/");
    const name = rest.join("/");
    if (url.origin !== base) {
      refused.push(url.href);
      return route.abort();
    }
    if (top === "plain") return route.fulfill({ contentType: "text/html", body: HTML });
    if (top === "models") {
      const path = join(folder, rest.slice(1).join("/"));
      return existsSync(path) ? route.fulfill({ path }) : route.fulfill({ status: 404 });
    }
    if (top !== "lib") return route.fulfill({ status: 404 });
    if (name.startsWith("transformers")) return route.fulfill({ path: `${PACKAGE}/dist/${name}` });
    if (name.startsWith("common/"))
      return route.fulfill({ path: packageFile(`onnxruntime-common/dist/esm/${name.slice(7)}`) });
    return route.fulfill({ path: packageFile(`onnxruntime-web/dist/${name}`) });
  });
  await page.goto(`${base}/plain`);
  return refused;
}

/** The prompt followed by transformers.js's greedy text, for the folder at /models/pruned. */
function textOf(page: Page, prompt: string, tokens: number): Promise<string> {
  return page.evaluate(
    async ([text, count]) => {
      const library = "@huggingface/transformers";
      const { AutoModelForCausalLM, AutoTokenizer, env, Tensor } = (await import(library)) as typeof Transformers;
      env.allowRemoteModels = false;
      env.allowLocalModels = true;
      env.localModelPath = "/models/";
      env.useBrowserCache = false;
      Object.assign(env.backends.onnx.wasm ?? {}, { wasmPaths: "/lib/", numThreads: 1 });
      const tokenizer = await AutoTokenizer.from_pretrained("pruned");
      const model = await AutoModelForCausalLM.from_pretrained("pruned", { device: "wasm" });
      const inputs = tokenizer(text, { add_special_tokens: false });
      const ids = await model.generate({ ...inputs, max_new_tokens: count, do_sample: false });
      if (!(ids instanceof Tensor)) throw new Error("expected generate to return token ids");
      return tokenizer.batch_decode(ids, { skip_special_tokens: false }).join();
    },
    [prompt, tokens] as const,
  );
}

test.describe("transformers.js", () => {
  let headless: Headless;
  let folder = "";
  test.beforeAll(async () => {
    headless = await openHeadless({ page: "e2e/transformers/engine.html", name: "pruned" });
  });
  test.afterAll(() => headless.close());
  test.beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "espalier-transformers-"));
  });
  test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const ways: Record<string, Pick<PrunedRequest, "dtype" | "fileLimitBytes">> = {
    "with its weights inside": {},
    "in F32, with its weights in separate files": { dtype: "F32", fileLimitBytes: 4 * 2 ** 20 },
  };
  for (const [how, options] of Object.entries(ways))
    test(`generates the studio's greedy text from the model ${how}`, async ({ page, baseURL }) => {
      const written = await headless.page.evaluate((request) => window.pruned(request), {
        model: headless.files.serve("public/model"),
        out: headless.files.writable(folder),
        prompt: PROMPT,
        tokens: TOKENS,
        ...options,
      });
      expect(written.length).toBeGreaterThan(TOKENS);
      expect(existsSync(join(folder, "onnx/model.onnx_data_1"))).toBe("fileLimitBytes" in options);
      const refused = await openPlainPage(page, new URL(baseURL ?? "").origin, folder);
      expect(await textOf(page, PROMPT, TOKENS)).toBe(PROMPT + written);
      expect(refused).toEqual([]);
    });
});
