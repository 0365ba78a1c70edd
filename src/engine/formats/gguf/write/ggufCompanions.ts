// The files of a model that a GGUF export needs beside its weights.
import type { ModelConfig } from "../../../config/config.ts";
import { JsonField } from "../../../json/jsonFields.ts";
import { isLicence } from "../../files/companions.ts";
import { type Folder, readJson } from "../../files/folder.ts";
import { copiedFile, type OutputFile } from "../../files/outputFile.ts";
import { withAddedTokens } from "../../../tokenizer/allAddedTokens.ts";
import { readTokenFiles, TOKENIZER_JSON } from "../../files/tokenFiles.ts";
import { readChatTemplates } from "./chatTemplates.ts";
import type { tokenizerMetadata } from "./tokenizerMetadata.ts";

/** Copies of the licences and notices. */
export async function licenceFiles(folder: Folder): Promise<OutputFile[]> {
  const names = folder.list().filter(isLicence).sort();
  return Promise.all(names.map(async (name) => copiedFile(await folder.open(name), name)));
}

/**
 * tokenizer.json with the added tokens that the files beside it name, tokenizer_config.json and the chat templates. Of those tokens only the
 * ones below `rows` count: the embedding has no others, and texts with them are refused.
 */
export async function tokenizerSources(
  folder: Folder,
  { vocab: rows }: Pick<ModelConfig, "vocab">,
): Promise<Parameters<typeof tokenizerMetadata>[0]> {
  const beside = await readTokenFiles(folder);
  const config = (beside.config ?? {}) as Record<string, unknown>;
  const json = await readJson(await folder.open("tokenizer.json"), TOKENIZER_JSON);
  return {
    tokenizer: new JsonField(withAddedTokens(json, beside, rows), "tokenizer.json"),
    config,
    chatTemplates: await readChatTemplates(folder, config),
  };
}
