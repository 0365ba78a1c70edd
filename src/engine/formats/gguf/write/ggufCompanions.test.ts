// A GGUF file gets the added tokens that only the files beside tokenizer.json name.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { memoryFolder } from "../../files/memoryFolder.ts";
import { tokenizerSources } from "./ggufCompanions.ts";
import { tokenizerMetadata } from "./tokenizerMetadata.ts";
import { TOKEN_TYPES } from "./tokenizerKind.ts";

const json = readFileSync("golden/llama/tokenizer.json", "utf8");
const size = Object.keys((JSON.parse(json) as { model: { vocab: object } }).model.vocab).length;

const written = async (config: object, vocab: number): Promise<(name: string) => readonly unknown[]> => {
  const folder = memoryFolder("m", { "tokenizer.json": json, "tokenizer_config.json": JSON.stringify(config) });
  const { entries } = tokenizerMetadata(await tokenizerSources(folder, { vocab }), { vocab, eosTokens: [] });
  return (name) => entries.find(({ key }) => key === `tokenizer.ggml.${name}`)?.value as readonly unknown[];
};

it("writes them where the embedding has rows for them", async () => {
  const value = await written({ pad_token: "<pad>", additional_special_tokens: ["<far>"] }, size + 1);
  expect(value("tokens").slice(size - 1)).toEqual([expect.any(String), "<pad>"]);
  expect(value("token_type")[size]).toBe(TOKEN_TYPES.control);
  expect(value("padding_token_id")).toBe(size);
});

it("refuses flags that llama.cpp does not have, also those of tokenizer_config.json", async () => {
  const decoder = { 0: { content: "<s>", lstrip: true, normalized: false, special: true } };
  await expect(written({ added_tokens_decoder: decoder }, size)).rejects.toThrow(
    /added_tokens\[0\]\.lstrip: expected false, because llama\.cpp strips no spaces/,
  );
});
