// Every reader, on generated malformed files: it returns something or refuses by an EngineError of one line, within a budget of time and memory.
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readConfig } from "../config/config.ts";
import { EngineError } from "../errors.ts";
import { type Folder } from "../formats/files/folder.ts";
import { memoryFolder, memorySource } from "../formats/files/memoryFolder.ts";
import { outputFolder } from "../formats/files/outputFile.ts";
import { ggufFolder } from "../formats/gguf/ggufFolder.ts";
import { ggufOfFolder } from "../formats/gguf/models.fixture.ts";
import { buildReceipt } from "../formats/receipt/receipt.ts";
import { readReceipt } from "../formats/receipt/readReceipt.ts";
import { readRuns } from "../formats/runs/readRun.ts";
import { runJson } from "../formats/runs/runRecord.ts";
import { gateRun, historyOf, weightRun } from "../formats/runs/runs.fixture.ts";
import { openWeights, readSafetensors } from "../formats/safetensors/safetensors.ts";
import { weightsFiles } from "../formats/safetensors/weightsFiles.ts";
import { gateLayout } from "../masks/gates.ts";
import { DEFAULT_RECIPE } from "../recipes/recipe.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../train/checkpoint.ts";
import { malformedBytes, malformedJson } from "./malformed.fixture.ts";
import { readModelFiles } from "./open.ts";

const RUNS = 120;
/** Of one file; the slowest is a megabyte of JSON. */
const MOST_MS = 3000;
const MOST_BYTES = 300e6;

/** Fails unless the reader returns, or throws an EngineError that is no bug and fits a line, in time. */
async function survives(read: () => unknown): Promise<void> {
  const begun = performance.now();
  try {
    await read();
  } catch (error) {
    if (!(error instanceof EngineError) || error.code === "bug") throw error;
    expect(error.message.length).toBeLessThan(4100);
    expect(error.message).toMatch(/^[\w.-]+(: |, )/);
  }
  expect(performance.now() - begun).toBeLessThan(MOST_MS);
}

async function allSurvive<T>(files: fc.Arbitrary<T>, read: (file: T) => unknown): Promise<void> {
  const before = process.memoryUsage().rss;
  await fc.assert(
    fc.asyncProperty(files, (file) => survives(() => read(file))),
    { numRuns: RUNS },
  );
  expect(process.memoryUsage().rss - before).toBeLessThan(MOST_BYTES);
}

const text = (name: string): Promise<string> => readFile(`golden/llama/${name}`, "utf8");
const json = async (name: string): Promise<unknown> => JSON.parse(await text(name)) as unknown;

/** The golden model, with other files. */
async function golden(changes: Record<string, string | Uint8Array> = {}): Promise<Folder> {
  const weights = Uint8Array.from(await readFile("golden/llama/model.safetensors"));
  return memoryFolder("m", {
    ...{ "config.json": await text("config.json"), "tokenizer.json": await text("tokenizer.json") },
    ...{ "tokenizer_config.json": await text("tokenizer_config.json"), "model.safetensors": weights },
    ...changes,
  });
}

describe("a model's folder", () => {
  test.each(["config.json", "tokenizer.json", "tokenizer_config.json"])("%s", async (name) => {
    await allSurvive(malformedJson(await json(name)), async (file) => readModelFiles(await golden({ [name]: file })));
  });

  test("tokenizers of other kinds", async () => {
    const cases = JSON.parse(await readFile("golden/tokenizers.json", "utf8")) as { tokenizer: unknown }[];
    const files = fc.constantFrom(...cases).chain(({ tokenizer }) => malformedJson(tokenizer));
    await allSurvive(files, async (file) => readModelFiles(await golden({ "tokenizer.json": file })));
  });

  test("vocab.json, merges.txt and what is beside them", async () => {
    const { model } = (await json("tokenizer.json")) as { model: { vocab: object; merges: (string | string[])[] } };
    const merges = model.merges.map((pair) => (typeof pair === "string" ? pair : pair.join(" "))).join("\n");
    const without = async (changes: Record<string, string>): Promise<Folder> => {
      const folder = await golden({
        "vocab.json": JSON.stringify(model.vocab),
        "merges.txt": merges,
        ...changes,
      });
      return { ...folder, list: () => folder.list().filter((name) => name !== "tokenizer.json") };
    };
    const added = {
      added_tokens_decoder: { 0: { content: "<s>", special: true }, 600: { content: "<x>" } },
      bos_token: "<s>",
    };
    const config = { tokenizer_class: "GPT2Tokenizer", ...added };
    await allSurvive(malformedJson(model.vocab), async (file) => readModelFiles(await without({ "vocab.json": file })));
    await allSurvive(malformedJson(config), async (file) =>
      readModelFiles(await without({ "tokenizer_config.json": file })),
    );
  });

  test("an index of shards", async () => {
    const weights = await openWeights(await golden());
    const tensors = weights.names.map((name) => ({
      name,
      ...{ dtype: weights.info(name).dtype, shape: weights.info(name).shape },
      chunks: async function* () {
        yield await weights.readBytes(name);
      },
    }));
    const folder = outputFolder("m", weightsFiles(tensors, 200_000));
    const name = "model.safetensors.index.json";
    const source = await folder.open(name);
    const index = JSON.parse(new TextDecoder().decode(await source.read(0, source.size))) as unknown;
    await allSurvive(malformedJson(index), (file) =>
      openWeights({
        ...folder,
        open: async (asked) =>
          asked === name ? memorySource(name, new TextEncoder().encode(file)) : folder.open(asked),
      }),
    );
  });

  test("the header of model.safetensors", async () => {
    const bytes = await readFile("golden/llama/model.safetensors");
    const headerBytes = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString("utf8", 8, 8 + headerBytes)) as unknown;
    const data = bytes.subarray(8 + headerBytes);
    await allSurvive(malformedJson(header), (file) => {
      const written = new TextEncoder().encode(file);
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(written.length));
      return readSafetensors(
        memorySource("model.safetensors", Uint8Array.from(Buffer.concat([length, written, data]))),
      );
    });
    await allSurvive(malformedBytes(bytes, 8 + headerBytes), (file) => readSafetensors(memorySource("m.st", file)));
  });
});

test("GGUF", async () => {
  const bytes = await ggufOfFolder(await golden());
  await allSurvive(malformedBytes(bytes, 20_000), async (file) =>
    readModelFiles(await ggufFolder(memorySource("m.gguf", file))),
  );
});

test("checkpoints", async () => {
  const checkpoint = await encodeCheckpoint({
    ...{ recipe: DEFAULT_RECIPE, step: 5, targets: [[0, 0.5]] as const, subject: "s" },
    ...{ theta: Float32Array.of(1, 2), m: Float32Array.of(0, 0), v: Float32Array.of(0, 1) },
  });
  await allSurvive(malformedBytes(checkpoint), (file) => decodeCheckpoint(file));
});

test("receipts", async () => {
  const config = readConfig(await json("config.json"));
  const sha256 = "ab".repeat(32);
  const receipt = buildReceipt({
    ...{ version: "0.1.0", adapter: "a", modelName: "m", licence: "mit", config, dtype: "F32", precision: "f32" },
    masks: gateLayout(config).sizes.map((size) => new Uint8Array(size).fill(1)),
    ...{ recipe: DEFAULT_RECIPE, target: { ratio: "block weights kept", value: 0.5 }, trainedSteps: 3 },
    calibration: { name: "t", sha256 },
    perplexity: [{ text: { name: "t", sha256 }, context: 8, tokens: 9, beginToken: false, dense: 2, pruned: 3 }],
    checks: [],
  });
  await allSurvive(malformedJson(receipt), (file) => readReceipt(file, "receipt.json"));
});

test("runs", async () => {
  const runs = [{ ...gateRun("a"), history: historyOf(6) }, weightRun("b")].map(runJson);
  await allSurvive(malformedJson(runs), (file) => readRuns(file, "runs.json"));
});
