// The files of a model that a GGUF export needs beside its weights.
import { JsonField } from "../../../json/jsonFields.ts";
import { isLicence } from "../../files/companions.ts";
import { type Folder, readJson } from "../../files/folder.ts";
import { copiedFile, type OutputFile } from "../../files/outputFile.ts";
import { readChatTemplates } from "./chatTemplates.ts";
import type { tokenizerMetadata } from "./tokenizerMetadata.ts";

/** Copies of the licences and notices. */
export async function licenceFiles(folder: Folder): Promise<OutputFile[]> {
  const names = folder.list().filter(isLicence).sort();
  return Promise.all(names.map(async (name) => copiedFile(await folder.open(name), name)));
}

/** tokenizer.json, tokenizer_config.json and the chat templates. */
export async function tokenizerSources(folder: Folder): Promise<Parameters<typeof tokenizerMetadata>[0]> {
  const names = folder.list();
  const configFile = "tokenizer_config.json";
  const json = names.includes(configFile) ? await readJson(await folder.open(configFile)) : {};
  const config = json as Record<string, unknown>;
  return {
    tokenizer: new JsonField(await readJson(await folder.open("tokenizer.json")), "tokenizer.json"),
    config,
    chatTemplates: await readChatTemplates(folder, config),
  };
}
