// GGUF forms of the embedded model: written, read back by the engine and compared; a damaged file is not offered.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { readReceipt } from "../../formats/receipt/readReceipt.ts";
import type { Form } from "../../formats/files/forms.ts";
import { embeddedFolder, goldenFolder } from "../../golden/folders.fixture.ts";
import { gateLayout } from "../../masks/gates.ts";
import { openModel, type OpenedModel } from "../../model/open.ts";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import { exportGates, type ExportGatesOptions } from "./exportGates.ts";
import { formSizes } from "./formSizes.ts";
import { memoryTarget } from "./memoryTarget.ts";
import { perplexity } from "../perplexity.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

const masksOf = ({ config }: OpenedModel) =>
  gateLayout(config).sizes.map((size, i) => Uint8Array.from({ length: size }, (_, j) => ((i + 3 * j) % 5 < 3 ? 1 : 0)));

async function exported(
  opened: OpenedModel,
  forms: readonly Form[],
  { damage, ...more }: Partial<ExportGatesOptions> & { damage?: Parameters<typeof memoryTarget>[0] } = {},
) {
  const targets = new Map(forms.map((form) => [form, memoryTarget(damage)]));
  const receipt = {
    ...{ version: "0.0.0", adapter: ctx.gpu.facts.name, modelName: opened.name, licence: "mit" },
    ...{ recipe: DEFAULT_RECIPE, trainedSteps: 1, calibration: { name: "a text", sha256: "0".repeat(64) } },
    ...{ target: { ratio: "block weights kept" as const, value: 0.5 }, perplexity: [] },
  };
  const ids = Uint32Array.from({ length: 48 }, (_, i) => (i * 37) % opened.config.vocab);
  const results = await exportGates(ctx, opened, { masks: masksOf(opened), targets }, { ids, receipt, ...more });
  return { results, targets };
}

test("both forms compute the masked model's logits in the model's own type", async () => {
  const opened = await openModel(ctx, await embeddedFolder());
  const { results, targets } = await exported(opened, ["gguf", "gguf-masked"]);
  expect(results.map(({ form, ok, dtype, reason }) => [form, ok, dtype, reason])).toEqual([
    ["gguf", true, "F16", undefined],
    ["gguf-masked", true, "F16", undefined],
  ]);
  expect(Object.keys(targets.get("gguf")!.files).sort()).toEqual(["README.md", "model.gguf", "receipt.json"]);
  const sizes = await formSizes(opened, masksOf(opened));
  const planned = sizes.find(({ form, type }) => form === "gguf" && type === "F16")?.bytes ?? 0;
  expect(Math.abs(planned - targets.get("gguf")!.files["model.gguf"]!.length)).toBeLessThan(2000);
  opened.model.free();
});

test("a quantised file is compared with equally rounded weights, and its perplexity is measured", async () => {
  const opened = await openModel(ctx, await embeddedFolder());
  const text = Uint32Array.from({ length: 128 }, (_, i) => (i * i * 31) % opened.config.vocab);
  const perplexityOf: ExportGatesOptions["perplexityOf"] = async (model) =>
    (await perplexity(ctx, model, text, { context: 64 })).value;
  const { results, targets } = await exported(opened, ["gguf"], { ggufType: "Q4_0", perplexityOf });
  expect(results[0]).toMatchObject({ ok: true, dtype: "Q4_0", gguf: { architecture: "deci" } });
  expect(results[0]?.largestDifference).toBeGreaterThan(0.1);
  const files = targets.get("gguf")!.files;
  const receipt = readReceipt(new TextDecoder().decode(files["receipt.json"]));
  expect(receipt.checks[0]?.perplexity).toBe(results[0]?.perplexity);
  expect(receipt.checks[0]?.perplexity).toBeGreaterThan(1);
  expect(receipt.checks[0]?.gguf).toEqual(results[0]?.gguf);
  const card = new TextDecoder().decode(files["README.md"]);
  expect(card).toContain("`llama-cli -m model.gguf`");
  expect(card).toMatch(
    /architecture `deci`, with matrices in Q4_0; it stores \d\d\.\d % of the base model's block weights/,
  );
  expect(card).toMatch(/Perplexity of the file as it is quantised: [\d.]+/);
  opened.model.free();
});

test("a damaged file is not offered, and a family without the form is refused by name", async () => {
  const llama = await openModel(ctx, await goldenFolder("llama"));
  const damage: Parameters<typeof memoryTarget>[0] = (file, bytes) => {
    if (file.name === "model.gguf") bytes.fill(0x3c, bytes.length - 60_000);
  };
  const { results, targets } = await exported(llama, ["gguf"], { damage });
  expect(results[0]).toMatchObject({ ok: false });
  expect(results[0]?.reason).toMatch(/logits differ by up to/);
  expect(targets.get("gguf")!.files).toEqual({});
  llama.model.free();
  const gemma = await openModel(ctx, await goldenFolder("gemma"));
  const both = await exported(gemma, ["gguf", "gguf-masked"]);
  expect(both.results.map(({ form, ok }) => [form, ok])).toEqual([
    ["gguf", false],
    ["gguf-masked", true],
  ]);
  expect(both.results[0]?.reason).toMatch(/model_type: expected one of llama, mistral, qwen2, qwen3.*got gemma/);
  gemma.model.free();
});

test.each(["mistral", "llama3", "qwen2", "qwen3"])("golden/%s passes in the forms that it has", async (name) => {
  const opened = await openModel(ctx, await goldenFolder(name));
  const forms: Form[] = name === "mistral" ? ["gguf-masked"] : ["gguf", "gguf-masked"];
  const { results } = await exported(opened, forms);
  expect(results.map(({ ok, reason }) => [ok, reason])).toEqual(forms.map(() => [true, undefined]));
  opened.model.free();
});
