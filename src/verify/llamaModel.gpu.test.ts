// The GGUF forms in llama.cpp: it must compute what the engine computes, and damaged files are refused although the engine read them well.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  checkedText,
  Ctx,
  exportGates,
  type ExportedForm,
  type ExportGatesOptions,
  type Folder,
  type LlamaReader,
  memoryFolder,
  openModel,
  type OpenedModel,
  readReceipt,
} from "../engine/index.ts";
import { memoryTarget } from "../engine/evaluate/export/memoryTarget.ts";
import { ggufFolder } from "../engine/formats/gguf/ggufFolder.ts";
import { entry, number32 } from "../engine/formats/gguf/files.fixture.ts";
import { ggufOfFolder } from "../engine/formats/gguf/models.fixture.ts";
import { memorySource } from "../engine/formats/files/memoryFolder.ts";
import { embeddedFolder, goldenFolder } from "../engine/golden/folders.fixture.ts";
import { gateLayout } from "../engine/masks/gates.ts";
import { DEFAULT_RECIPE } from "../engine/recipes/recipe.ts";
import { llamaReader } from "./llamaModel.ts";
import { openSharedGpu } from "../engine/gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
let opened: OpenedModel;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  opened = await openModel(ctx, await embeddedFolder());
});
afterAll(() => ctx.gpu.destroy());

const TEXT = "Mr. Speaker, in 1862 the café's 12,345 dollars\n\n were 日本語 and 😀.";

async function exported(
  form: "gguf" | "gguf-masked",
  more: Partial<ExportGatesOptions> = {},
  model = opened,
): Promise<{ found: ExportedForm; files: Record<string, Uint8Array> }> {
  const target = memoryTarget();
  const masks = gateLayout(model.config).sizes.map((size, i) =>
    Uint8Array.from({ length: size }, (_, j) => ((i + 3 * j) % 5 < 3 ? 1 : 0)),
  );
  const [found] = await exportGates(
    ctx,
    model,
    { masks, targets: new Map([[form, target]]) },
    {
      ids: Uint32Array.from({ length: 32 }, (_, i) => (i * 37) % model.config.vocab),
      openLlama: llamaReader,
      receipt: {
        ...{ version: "0.0.0", adapter: ctx.gpu.facts.name, modelName: model.name, licence: "not stated" },
        ...{ recipe: DEFAULT_RECIPE, target: { ratio: "block weights kept", value: 0.5 }, trainedSteps: 1 },
        ...{ calibration: { name: "a text", sha256: "0".repeat(64) }, perplexity: [] },
      },
      ...more,
    },
  );
  return { found: found!, files: target.files };
}

/** Gives llama.cpp a file with other bytes than were written. */
const damaging =
  (damage: (bytes: Uint8Array) => void): LlamaReader =>
  async (folder, options) => {
    const source = await folder.open("model.gguf");
    const bytes = (await source.read(0, source.size)).slice();
    damage(bytes);
    return llamaReader(memoryFolder("damaged", { "model.gguf": bytes }) satisfies Folder, options);
  };

test("computes the embedded model's probabilities and tokens; the receipt and the card have the result", async () => {
  const { found, files } = await exported("gguf", { ggufType: "F32", text: checkedText(opened.tokenizer, TEXT) });
  expect(found).toMatchObject({ ok: true, llama: { runtime: "llama.cpp (wllama, wasm)", tokens: 16 } });
  const { checks } = readReceipt(new TextDecoder().decode(files["receipt.json"]));
  const llama = checks[0]?.llama;
  if (!llama || !("runtime" in llama)) throw new Error("not checked in llama.cpp");
  expect(llama).toEqual(found.llama);
  expect(llama.maxAbsLogProbabilityDifference).toBeLessThan(1e-3);
  expect(llama).toMatchObject({ argmaxAgreement: 1, textTokens: opened.tokenizer.encode(TEXT).length });
  expect(new TextDecoder().decode(files["README.md"])).toContain(`llama.cpp (wllama, wasm) ${llama.version}`);
});

test.each(["F16", "BF16", "Q8_0", "Q4_0"] as const)("%s is within what llama.cpp rounds", async (ggufType) => {
  const { found } = await exported("gguf", { ggufType });
  expect([found.ok, found.reason]).toEqual([true, undefined]);
  expect(found.llama).toHaveProperty("runtime");
});

test("another RoPE and another architecture are refused by what llama.cpp does", async () => {
  const text = (bytes: Uint8Array, value: string): number => {
    const needle = new TextEncoder().encode(value);
    return bytes.findIndex((_, i) => needle.every((byte, k) => bytes[i + k] === byte));
  };
  const rope = damaging((bytes) => {
    const key = "deci.rope.freq_base";
    new DataView(bytes.buffer).setFloat32(text(bytes, key) + key.length + 4, 37, true);
  });
  const { found, files } = await exported("gguf", { ggufType: "F32", openLlama: rope });
  expect(found.ok).toBe(false);
  expect(found.reason).toMatch(/llama\.cpp \(wllama, wasm\) computes other probabilities than the engine/);
  expect(files).toEqual({});
  const other = damaging((bytes) => bytes.set(new TextEncoder().encode("nope"), text(bytes, "deci")));
  const refused = await exported("gguf", { openLlama: other });
  expect(refused.found.reason).toMatch(/does not open the file: .*unknown model architecture: 'nope'/);
});

test("a file that is too large for the runtime is offered unchecked", async () => {
  const openLlama: LlamaReader = (folder, options) => {
    const huge = { ...folder, open: async (name: string) => ({ ...(await folder.open(name)), size: 2 ** 31 }) };
    return llamaReader(huge, options);
  };
  const { found } = await exported("gguf", { openLlama });
  expect(found).toMatchObject({
    ok: true,
    llama: { notRun: expect.stringContaining("files of up to 2147483647") as string },
  });
});

test.each(["llama", "llama3", "qwen2", "qwen3"])("golden/%s is cut for llama.cpp", async (name) => {
  const model = await openModel(ctx, await goldenFolder(name));
  const { found } = await exported("gguf", { text: checkedText(model.tokenizer, TEXT) }, model);
  model.model.free();
  expect([found.ok, found.reason]).toEqual([true, undefined]);
});

test.each(["mistral", "gemma", "phi", "qwen3"])("golden/%s is masked for llama.cpp", async (name) => {
  const model = await openModel(ctx, await goldenFolder(name));
  const { found } = await exported("gguf-masked", { text: checkedText(model.tokenizer, TEXT) }, model);
  model.model.free();
  expect([found.ok, found.reason]).toEqual([true, undefined]);
});

const count = (key: string, value: number): number[] => entry(key, 4, number32(value));
/**
 * What makes these models such as llama.cpp runs. It has Gemma 3's full attention in every sixth block and SmolLM3's blocks without positions
 * in every fourth, no window of Phi-3 and its factors for long texts wherever the context, at least 256 tokens, exceeds the original one, and
 * neither a tied head of OLMo 2 nor heads that are not d / heads wide.
 */
const AS_GGUF: [string, Parameters<typeof ggufOfFolder>[1]][] = [
  ["gemma2", {}],
  ["gemma3_text", { repeat: 3, more: [count("gemma3.attention.sliding_window_pattern", 6)] }],
  [
    "phi3",
    {
      more: [
        count("phi3.attention.sliding_window", 0),
        count("phi3.context_length", 512),
        count("phi3.rope.scaling.original_context_length", 256),
      ],
    },
  ],
  ["olmo2", { untied: true, heads: 5 }],
  ["smollm3", { repeat: 2 }],
  ["granite", {}],
];

test.each(AS_GGUF)("golden/%s as GGUF is masked in its own file, which llama.cpp computes", async (name, changes) => {
  const bytes = await ggufOfFolder(await goldenFolder(name), changes);
  const model = await openModel(ctx, await ggufFolder(memorySource("model.gguf", bytes)));
  const { found } = await exported("gguf-masked", { text: checkedText(model.tokenizer, TEXT) }, model);
  model.model.free();
  expect([found.ok, found.reason]).toEqual([true, undefined]);
  expect(found.llama).toMatchObject({ argmaxAgreement: 1 });
});
