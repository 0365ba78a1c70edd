// Contradictions between a model's files: resolved as transformers does, or refused by name.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Folder } from "../formats/files/folder.ts";
import { memoryFolder } from "../formats/files/memoryFolder.ts";
import { modelFolder } from "../formats/gguf/modelFolder.ts";
import { changedModel, EMBEDDING, HEAD, renameAll, type StoredTensor, withHead } from "./changedModel.fixture.ts";
import { resolveFiles } from "./resolveFiles.ts";
import { checkWeights, extraNotes } from "./weights.ts";

const golden = (name: string): Folder => {
  const path = `golden/${name}`;
  const files = readdirSync(path).filter((file) => !/golden/.test(file));
  return memoryFolder(name, Object.fromEntries(files.map((file) => [file, readFileSync(`${path}/${file}`)])));
};
const changed = (changes: Parameters<typeof changedModel>[1], name = "llama") => changedModel(golden(name), changes);
const BYTE: StoredTensor = { dtype: "U8", shape: [1], bytes: new Uint8Array(1) };
const FLOAT: StoredTensor = { dtype: "F32", shape: [1], bytes: new Uint8Array(4) };
const refusal = (code: string, pattern: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(pattern) as string }) as Error;

it("leaves a folder alone whose files agree", async () => {
  const folder = golden("llama");
  const resolved = await resolveFiles(folder);
  expect([resolved.folder, resolved.notes, resolved.contradictions]).toEqual([folder, [], []]);
});

describe("a tied head", () => {
  it("with other values than the embedding is not tied, as in transformers 5", async () => {
    const { folder, config, notes, contradictions } = await resolveFiles(await changed({ tensors: withHead(0.05) }));
    expect([config.tiedHead, contradictions]).toEqual([false, ["tie_word_embeddings"]]);
    expect(notes).toEqual([
      expect.stringMatching(/^config\.json: tie_word_embeddings: expected false, got true: model/),
    ]);
    expect((await resolveFiles(folder)).contradictions).toEqual([]);
  });

  it("with the embedding's values is tied", async () => {
    const { config, notes } = await resolveFiles(await changed({ tensors: withHead(0) }));
    expect([config.tiedHead, notes]).toEqual([true, []]);
  });

  it("is the embedding where only the head is stored", async () => {
    const { config, weights, notes } = await resolveFiles(
      await changed({ tensors: renameAll((name) => (name === EMBEDDING ? HEAD : name)) }),
    );
    expect([weights.has(EMBEDDING), weights.has(HEAD), notes]).toEqual([true, false, []]);
    checkWeights(config, weights);
  });

  it("is not invented where config.json does not tie it", async () => {
    const tensors = renameAll((name) => (name === EMBEDDING ? HEAD : name));
    const { config, weights } = await resolveFiles(await changed({ config: { tie_word_embeddings: false }, tensors }));
    expect(() => checkWeights(config, weights)).toThrow(/got none for 1 of them: model\.embed_tokens\.weight/);
    const untied = await resolveFiles(await changed({ config: { tie_word_embeddings: false } }));
    expect(() => checkWeights(untied.config, untied.weights)).toThrow(
      /lm_head\.weight \(config\.json has tie_word_embeddings false\)/,
    );
  });
});

describe("names", () => {
  const base = (name: string): string => name.replace(/^model\./, "");
  it.each<[string, string, (name: string) => string]>([
    ["of the base class", "llama", base],
    ["of the base class", "opt350", base],
    ["of the base class", "phi", (name) => (name.startsWith("lm_head") ? name : base(name))],
    ["with the prefix twice", "llama", (name) => `model.${name}`],
    ["of torch.compile", "qwen3", (name) => `_orig_mod.${name}`],
    ["of stacked wrappers", "llama", (name) => `module._orig_mod.module.${name}`],
    ["of compiled blocks", "llama", (name) => name.replace(/(layers\.\d+)\./, "$1._orig_mod.")],
    ["of a wrapped base class", "opt350", (name) => `module.${base(name)}`],
  ])("%s are read (%s)", async (_, family, name) => {
    const { config, weights, notes } = await resolveFiles(await changed({ tensors: renameAll(name) }, family));
    const tensors = checkWeights(config, weights);
    expect(tensors.map((tensor) => tensor.name).sort()).toEqual([...weights.names].sort());
    expect(notes).toEqual([
      expect.stringMatching(/^model\.safetensors: \d+ of \d+ tensors have names of the base class/),
    ]);
    const original = await resolveFiles(golden(family));
    for (const one of weights.names) {
      const [bytes, expected] = [await weights.readBytes(one), await original.weights.readBytes(one)];
      expect(Buffer.from(bytes).equals(Buffer.from(expected)), one).toBe(true);
    }
  });

  it("that two tensors would share are refused", async () => {
    const tensors = (all: Map<string, StoredTensor>): undefined => void all.set("norm.weight", FLOAT);
    await expect(resolveFiles(await changed({ tensors }))).rejects.toThrow(
      refusal(
        "format",
        /tensor 'norm\.weight': expected one tensor for model\.norm\.weight, got 'model\.norm\.weight'/,
      ),
    );
  });

  it("outside the language model are noted, others refused", async () => {
    const add = (name: string) =>
      changed({ tensors: (all): undefined => void all.set(name, FLOAT) }).then((folder) => resolveFiles(folder));
    const head = await add("v_head.summary.weight");
    checkWeights(head.config, head.weights);
    expect(extraNotes(head.config, head.weights)).toEqual([expect.stringMatching(/v_head\.summary\.weight: not part/)]);
    const bias = await add("model.layers.0.mlp.up_proj.bias");
    expect(() => checkWeights(bias.config, bias.weights)).toThrow(/config\.json has mlp_bias false/);
  });
});

describe("dtype", () => {
  it.each([
    [{ torch_dtype: "float16" }, ["torch_dtype"]],
    [{ torch_dtype: "float32", dtype: "bfloat16" }, ["dtype"]],
    [{ torch_dtype: "torch.float16", dtype: "float8_e4m3fn" }, ["dtype", "torch_dtype"]],
    [{ torch_dtype: "float64" }, []],
    [{ torch_dtype: null }, []],
  ])("%j: exports correct %j", async (config, fields) => {
    const { folder, notes, contradictions } = await resolveFiles(await changed({ config }));
    expect([contradictions, notes.length]).toEqual([fields, fields.length]);
    expect((await resolveFiles(folder)).contradictions).toEqual([]);
  });
});

it("removes an id of padding that transformers stops at", async () => {
  const { folder, notes } = await resolveFiles(await changed({ config: { pad_token_id: 512 } }));
  expect(notes).toEqual([expect.stringMatching(/pad_token_id: expected ids from 0 to 511, got 512/)]);
  expect((await resolveFiles(folder)).notes).toEqual([]);
});

describe("adapters", () => {
  const config = JSON.stringify({ peft_type: "LORA", base_model_name_or_path: "org/base" });

  it.each([{ "adapter_config.json": config, "adapter_model.safetensors": "" }, { "adapter_config.json": config }])(
    "alone are refused (%#)",
    async (files) => {
      for (const others of [{}, { "config.json": "{}", "tokenizer.json": "{}" }])
        await expect(modelFolder(memoryFolder("a", { ...files, ...others })).then(resolveFiles)).rejects.toThrow(
          refusal(
            "unsupported",
            /^adapter_config\.json: expected the weights of a model, got a LoRA adapter of org\/base\. Merge/,
          ),
        );
    },
  );

  it("beside weights are noted", async () => {
    const files = { "adapter_config.json": config, "adapter_model.bin": "" };
    const { notes } = await resolveFiles(await changed({ files }));
    expect(notes).toEqual([expect.stringMatching(/^adapter_config\.json, adapter_model\.bin: .* is not applied/)]);
  });

  it("that are not merged are refused", async () => {
    const tensors = (all: Map<string, StoredTensor>): undefined =>
      void all.set("base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight", FLOAT);
    await expect(resolveFiles(await changed({ tensors }))).rejects.toThrow(/an adapter that is not merged\. Merge/);
  });
});

describe("quantised weights", () => {
  it.each([
    ["GPTQ", "g_idx"],
    ["AWQ or GPTQ", "qweight"],
    ["bitsandbytes", "weight.absmax"],
    ["bitsandbytes", "weight.quant_state.bitsandbytes__nf4"],
    ["bitsandbytes", "SCB"],
    ["quanto", "weight._data"],
    ["compressed-tensors", "weight_packed"],
    ["HQQ", "W_q"],
    ["AQLM", "codebooks"],
    ["EXL2", "q_weight"],
    ["MLX", "scales"],
    ["FP8", "weight_scale_inv"],
  ])("of %s are called so (%s)", async (method, suffix) => {
    const name = `model.layers.0.self_attn.q_proj.${suffix}`;
    const tensors = (all: Map<string, StoredTensor>): undefined => void all.set(name, BYTE);
    await expect(resolveFiles(await changed({ tensors }))).rejects.toThrow(
      refusal("unsupported", new RegExp(`^model\\.safetensors: tensor '${name}': .* quantised \\(${method}.*Take the`)),
    );
  });

  it("in integers are called so", async () => {
    const name = "model.layers.1.mlp.up_proj.weight";
    const tensors = (all: Map<string, StoredTensor>): undefined =>
      void all.set(name, { dtype: "I8", shape: [176, 64], bytes: new Uint8Array(176 * 64) });
    await expect(resolveFiles(await changed({ tensors }))).rejects.toThrow(/quantised \(I8\)/);
  });
});
