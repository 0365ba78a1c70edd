// A folder's tokenizer: golden/opt with tokenizer.json, with vocab.json and merges.txt made of it, and with neither. Exports of all have one.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inventedMasks, loadCase } from "../formats/export/export.fixture.ts";
import { exportCompact } from "../formats/export/exportCompact.ts";
import { exportMasked } from "../formats/export/exportMasked.ts";
import { companionFiles, type ExportSource } from "../formats/export/exportFiles.ts";
import { exportWeights } from "../formats/export/exportWeights.ts";
import { memoryFolder } from "../formats/files/memoryFolder.ts";
import { type Folder, readJson } from "../formats/files/folder.ts";
import { collect, type OutputFile, outputFolder } from "../formats/files/outputFile.ts";
import { exportOnnx } from "../formats/onnx/exportOnnx.ts";
import { mlpMatrices } from "../masks/mlpMatrices.ts";
import { packMask, weightsOf } from "../masks/weightMasks.ts";
import { differences, tokenFilesOf, type TokenizerCase } from "../tokenizer/check.fixture.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { readTokenizer, withTokenizerFile } from "./readTokenizer.ts";

const json = readFileSync("golden/opt/tokenizer.json", "utf8");
const config = JSON.parse(readFileSync("golden/opt/config.json", "utf8")) as object;
const parsed = JSON.parse(json) as {
  model: { vocab: Record<string, number>; merges: (string | string[])[] };
  added_tokens: { content: string; id: number }[];
};
const vocab = {
  ...parsed.model.vocab,
  ...Object.fromEntries(parsed.added_tokens.map(({ content, id }) => [content, id])),
};
const merges = parsed.model.merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" ")));
const named = { tokenizer_class: "GPT2Tokenizer", bos_token: "<s>", eos_token: "</s>", unk_token: "</s>" };
const VOCABULARY = {
  "vocab.json": JSON.stringify(vocab),
  "merges.txt": `#version: 0.2\n${merges.join("\n")}\n`,
  "tokenizer_config.json": JSON.stringify(named),
};
const tokenizerOf = async (folder: Folder): Promise<Tokenizer> =>
  readTokenizer(await withTokenizerFile(folder, config));
const TEXT = "<s>Gentlemen of the Senate: it's 1863, and\n\nthe \u{1f40b} é  is  free.</s>";

it("reads vocab.json and merges.txt as the tokenizer.json that they stand for", async () => {
  const expected = await tokenizerOf(memoryFolder("m", { "tokenizer.json": json }));
  const found = await tokenizerOf(memoryFolder("m", VOCABULARY));
  expect(found.encode(TEXT)).toEqual(expected.encode(TEXT));
  expect(found.decode(found.encode(TEXT))).toBe(TEXT);
  expect(found.vocabSize).toBe(expected.vocabSize);
});

it("prefers tokenizer.json", async () => {
  const folder = memoryFolder("m", { ...VOCABULARY, "tokenizer.json": json, "vocab.json": "{}" });
  expect((await tokenizerOf(folder)).encode("a")).toHaveLength(1);
});

it("adds the special tokens that only the files beside tokenizer.json name", async () => {
  const own = await tokenizerOf(memoryFolder("m", { "tokenizer.json": json }));
  const found = await tokenizerOf(
    memoryFolder("m", {
      ...{ "tokenizer.json": json, "tokenizer_config.json": '{"pad_token": "<a>"}' },
      "special_tokens_map.json": '{"additional_special_tokens": ["<b>"]}',
      "added_tokens.json": JSON.stringify({ "<c>": own.vocabSize }),
    }),
  );
  expect(found.encode("<a><b><c>")).toEqual([1, 2, 0].map((i) => own.vocabSize + i));
});

it("refuses a folder without either, with how to make it", async () => {
  await expect(tokenizerOf(memoryFolder("m", { "tokenizer.model": "x" }))).rejects.toThrow(
    "m: expected tokenizer.json, or vocab.json and merges.txt, got tokenizer.model. Make tokenizer.json with transformers: python -c",
  );
  await expect(tokenizerOf(memoryFolder("m", { "vocab.json": "{}" }))).rejects.toThrow(/got vocab\.json\. Make/);
  await expect(tokenizerOf(memoryFolder("m", {}))).rejects.toThrow(
    /got none of them\. Add it from the model's repository\./,
  );
});

/** A model without tokenizer.json and what transformers makes of texts with it (golden/reference/make_vocab_merges.py). */
interface VocabCase extends Pick<TokenizerCase, "name" | "texts"> {
  modelType: string;
  files: Record<string, unknown>;
}
const golden = JSON.parse(readFileSync("golden/vocabMerges.json", "utf8")) as {
  vocab: Record<string, number>;
  merges: string[];
  cases: VocabCase[];
};

it.each(golden.cases.map((one) => [one.name, one] as const))(
  "exports a tokenizer.json that is the tokenizer of: %s",
  async (_, { name, modelType, files, texts }) => {
    const folder = memoryFolder("m", {
      "vocab.json": JSON.stringify(golden.vocab),
      "merges.txt": `#version: 0.2\n${golden.merges.join("\n")}\n`,
      ...Object.fromEntries(Object.entries(files).map(([file, json]) => [file, JSON.stringify(json)])),
    });
    const written = outputFolder("e", await companionFiles(await withTokenizerFile(folder, { model_type: modelType })));
    expect([...written.list()].sort()).toEqual(["tokenizer.json", ...folder.list()].sort());
    const tokenizer = await readJson(await written.open("tokenizer.json"));
    expect(differences({ name, texts, tokenizer }, tokenFilesOf(files))).toEqual([]);
  },
);

describe("every form gets a tokenizer.json", () => {
  const source = async (files: Record<string, string>): Promise<ExportSource> => {
    const one = await loadCase("golden/opt", inventedMasks);
    const names = one.folder.list().filter((name) => !name.startsWith("tokenizer"));
    const rest = await Promise.all(
      names.map(async (name): Promise<[string, Uint8Array]> => {
        const file = await one.folder.open(name);
        return [name, await file.read(0, file.size)];
      }),
    );
    const folder = memoryFolder("m", { ...Object.fromEntries(rest), ...files });
    return { ...one, folder: await withTokenizerFile(folder, config) };
  };
  const forms: [string, (source: ExportSource) => Promise<OutputFile[]>][] = [
    ["masked", exportMasked],
    // the nested form is a compact one with lists
    ["compact", exportCompact],
    ["onnx", exportOnnx],
    [
      "single weights",
      (one) => {
        const masks = mlpMatrices(one.config).map((matrix) =>
          packMask(matrix, new Uint8Array(weightsOf(matrix)).fill(1)),
        );
        return exportWeights({ ...one, masks });
      },
    ],
  ];

  it.each(forms)("%s", async (_, write) => {
    const expected = await tokenizerOf(memoryFolder("m", VOCABULARY));
    const files = await write(await source(VOCABULARY));
    const found = await readTokenizer(outputFolder("e", files));
    expect(found.encode(TEXT)).toEqual(expected.encode(TEXT));
    expect(found.decode(found.encode(TEXT))).toBe(TEXT);
    expect(files.filter(({ name }) => /^(vocab|merges|tokenizer)/.test(name))).toHaveLength(4);
  });

  it.each(forms)("%s: its own if the model has one", async (_, write) => {
    const files = await write(await source({ ...VOCABULARY, "tokenizer.json": json }));
    const own = files.filter(({ name }) => name === "tokenizer.json");
    expect(await Promise.all(own.map(async (file) => new TextDecoder().decode(await collect(file))))).toEqual([json]);
  });
});
