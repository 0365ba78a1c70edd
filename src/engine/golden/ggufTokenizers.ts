// Small tokenizers of every kind that GGUF files can have, each in a file with a random model, and the tokens that Espalier makes.
import { LLAMA_DESIGN, type ModelConfig } from "../config/modelConfig.ts";
import { modelTensors } from "../config/tensors.ts";
import { memoryFolder } from "../formats/files/memoryFolder.ts";
import { jsonFile, type OutputFile } from "../formats/files/outputFile.ts";
import { exportEditedGguf } from "../formats/gguf/write/exportGguf.ts";
import { writeSafetensors } from "../formats/safetensors/safetensors.ts";
import { openWeights } from "../formats/safetensors/safetensors.ts";
import { loadTokenizer } from "../tokenizer/tokenizer.ts";

type Json = Record<string, unknown>;

const SIZE = 32;

/** The smallest model that llama.cpp runs. */
const CONFIG: ModelConfig = {
  ...{ family: "llama", modelType: "llama", layers: 1, dModel: SIZE, heads: 1, kvHeads: 1, headDim: SIZE, dMlp: SIZE },
  ...{ vocab: 0, context: 64, normEps: 1e-5, rope: { theta: 10_000 }, tiedHead: true, glu: true },
  ...{ design: LLAMA_DESIGN, eosTokens: [] },
};

/**
 * model.gguf with this tokenizer.json, and tokens.json with the ids of `text` and, with what the tokenizer adds, of "a b". Throws what `exportGguf` throws for a tokenizer.
 */
export async function ggufOfTokenizer(tokenizer: Json, text: string): Promise<OutputFile[]> {
  const { vocab } = tokenizer["model"] as { vocab: Record<string, number> };
  const added = (tokenizer["added_tokens"] ?? []) as { id: number }[];
  const ids = [...Object.values(vocab), ...added.map(({ id }) => id)];
  const config = { ...CONFIG, vocab: Math.max(...ids) + 1 };
  const tensors = modelTensors(config).map(({ name, shape }) => ({
    ...{ name, shape, dtype: "F32" as const },
    chunks: () => [new Uint8Array(shape.reduce((product, n) => product * n, 4))],
  }));
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of writeSafetensors(tensors)) parts.push(chunk);
  const folder = memoryFolder("tokenizer", {
    "tokenizer.json": new TextEncoder().encode(JSON.stringify(tokenizer)),
    "model.safetensors": new Uint8Array(await new Blob(parts).arrayBuffer()),
  });
  const weights = await openWeights(folder);
  const edited = {
    shape: (name: string) => weights.info(name).shape,
    sourceRows: (name: string) => weights.info(name).shape[0] ?? 0,
    rows: (name: string, first: number, count: number) =>
      weights.readRows(name, first, count).then((bytes) => new Float32Array(bytes.buffer)),
  };
  const origin = { name: "a tokenizer", licence: "not stated", version: "0", recipe: {}, keep: 1 };
  const { files } = await exportEditedGguf({ folder, config }, { weights, edited, masks: { weights: [] } }, { origin });
  const loaded = loadTokenizer(tokenizer, {});
  return [
    ...files,
    jsonFile("tokens.json", {
      text,
      ids: loaded.encode(text),
      added: loaded.encode("a b", { addSpecialTokens: true }),
    }),
  ];
}
