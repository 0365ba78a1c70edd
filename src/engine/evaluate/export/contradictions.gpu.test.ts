// Exports of models whose files contradict each other or lack one are read back as other programs would read them; a sabotaged config.json fails.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { readJson } from "../../formats/files/folder.ts";
import { openWeights } from "../../formats/safetensors/safetensors.ts";
import type { Form } from "../../formats/files/forms.ts";
import { goldenFolder } from "../../golden/folders.fixture.ts";
import { gateLayout } from "../../masks/gates.ts";
import { changedModel, HEAD, withHead } from "../../model/changedModel.fixture.ts";
import { openModel, type OpenedModel } from "../../model/open.ts";
import { readTokenizer } from "../../model/readTokenizer.ts";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import { exportGates } from "./exportGates.ts";
import { memoryTarget } from "./memoryTarget.ts";
import { logitsOf } from "./readBack.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

const FORMS: readonly Form[] = ["masked", "compact"];
const ids = Uint32Array.from({ length: 48 }, (_, i) => (i * 37) % 512);

/** A target in memory whose config.json gets other fields as it is written. */
function sabotaged(edit: Record<string, unknown>): ReturnType<typeof memoryTarget> {
  const target = memoryTarget();
  return {
    ...target,
    write: async (file) => {
      await target.write(file);
      if (file.name !== "config.json") return;
      const json = JSON.parse(new TextDecoder().decode(target.files[file.name])) as object;
      target.files[file.name] = new TextEncoder().encode(JSON.stringify({ ...json, ...edit }));
    },
  };
}

/** Exports both forms; `edit` changes the fields of config.json as it is written. */
async function exported(opened: OpenedModel, edit: Record<string, unknown> = {}) {
  const targets = new Map(FORMS.map((form) => [form, sabotaged(edit)]));
  const masks = gateLayout(opened.config).sizes.map((size, i) =>
    Uint8Array.from({ length: size }, (_, j) => ((i + 3 * j) % 5 < 3 ? 1 : 0)),
  );
  const receipt = {
    ...{ version: "0.0.0", adapter: ctx.gpu.facts.name, modelName: opened.name, licence: "not stated" },
    ...{ recipe: DEFAULT_RECIPE, trainedSteps: 1, calibration: { name: "a text", sha256: "0".repeat(64) } },
    ...{ target: { ratio: "block weights kept" as const, value: 0.5 }, perplexity: [] },
  };
  const forms = await exportGates(ctx, opened, { masks, targets }, { ids, receipt });
  return { forms, targets };
}

const untied = async () => changedModel(await goldenFolder("llama"), { tensors: withHead(0.05) });

test("a stored head that differs from a tied embedding is used, and exports are not tied", async () => {
  const opened = await openModel(ctx, await untied());
  const plain = await openModel(
    ctx,
    await changedModel(await goldenFolder("llama"), {
      config: { tie_word_embeddings: false },
      tensors: withHead(0.05),
    }),
  );
  expect(opened.notes).toEqual([expect.stringMatching(/tie_word_embeddings: expected false, got true/)]);
  expect(await logitsOf(ctx, opened.model, ids)).toEqual(await logitsOf(ctx, plain.model, ids));
  const { forms, targets } = await exported(opened);
  expect(forms.map(({ ok, reason }) => [ok, reason])).toEqual(FORMS.map(() => [true, undefined]));
  for (const target of targets.values()) {
    const folder = await target.folder();
    expect(await readJson(await folder.open("config.json"))).toMatchObject({ tie_word_embeddings: false });
    expect((await openWeights(folder)).has(HEAD)).toBe(true);
  }
  for (const { model } of [opened, plain]) model.free();
});

test.each<[string, Record<string, unknown>]>([
  ["tie_word_embeddings", { tie_word_embeddings: true }],
  ["torch_dtype", { torch_dtype: "float16" }],
  ["rope_theta", { rope_theta: 500 }],
])("a form whose %s is wrong is not offered", async (field, edit) => {
  const opened = await openModel(ctx, await untied());
  const { forms, targets } = await exported(opened, edit);
  expect(forms.map(({ ok }) => ok)).toEqual([false, false]);
  const reason =
    field === "rope_theta" ? /its logits differ by up to/ : new RegExp(`^config\\.json: ${field}: expected`);
  for (const form of forms) expect(form.reason).toMatch(reason);
  expect([...targets.values()].map(({ files }) => Object.keys(files))).toEqual([[], []]);
  opened.model.free();
});

test("a form without the head that its config.json asks for is not offered", async () => {
  const opened = await openModel(ctx, await goldenFolder("llama"));
  const { forms } = await exported(opened, { tie_word_embeddings: false });
  expect(forms.map(({ ok }) => ok)).toEqual([false, false]);
  for (const { reason } of forms) expect(reason).toMatch(/lm_head\.weight/);
  opened.model.free();
});

test("the forms of a model without tokenizer.json get the one that its vocab.json and merges.txt stand for", async () => {
  const original = await goldenFolder("opt");
  const { model } = (await readJson(await original.open("tokenizer.json"))) as {
    model: { vocab: Record<string, number>; merges: (string | string[])[] };
  };
  const files = {
    "tokenizer.json": undefined,
    "tokenizer_config.json": JSON.stringify({ tokenizer_class: "GPT2Tokenizer", bos_token: "<s>", eos_token: "</s>" }),
    "vocab.json": JSON.stringify({ "<s>": 0, "</s>": 1, ...model.vocab }),
    "merges.txt": model.merges.map((pair) => (typeof pair === "string" ? pair : pair.join(" "))).join("\n"),
  };
  const opened = await openModel(ctx, await changedModel(original, { files }));
  const { forms, targets } = await exported(opened);
  expect(forms.map(({ ok, reason }) => [ok, reason])).toEqual(FORMS.map(() => [true, undefined]));
  const text = "Gentlemen of the Senate:\n\nit's 1863, é \u{1f40b}</s>";
  for (const target of targets.values())
    expect((await readTokenizer(await target.folder())).encode(text)).toEqual(opened.tokenizer.encode(text));
  opened.model.free();
});
