// The added tokens of a model with tokenizer.json: its own, and those that only the files beside it name.
import { JsonField } from "../json/jsonFields.ts";
import { listedTokens, readAddedTokens } from "./addedTokenList.ts";
import type { AddedToken } from "./addedTokens.ts";
import type { TokenModel } from "./model.ts";
import { PUBLISHED_TOKENIZER, TOKENIZER_FILE } from "./part.ts";
import { addSpecialTokens, type TokenFiles } from "./specialTokens.ts";
import { readVocabulary } from "./vocabulary.ts";

/**
 * The added tokens of tokenizer.json (`listed`) after those of the files beside it were added. Throws "format".
 * Source: TokenizersBackend of transformers 5, and what Qwen2Tokenizer adds to it.
 */
export function allAddedTokens(
  listed: JsonField,
  beside: TokenFiles,
  model: Pick<TokenModel, "vocabulary" | "size">,
): AddedToken[] {
  const added = readAddedTokens(listed, model);
  const config = new JsonField(beside.config ?? {}, "tokenizer_config.json", "", PUBLISHED_TOKENIZER);
  const { value } = config.get("tokenizer_class");
  addSpecialTokens(added, beside, { qwen2: value === "Qwen2Tokenizer" || value === "Qwen2TokenizerFast" });
  return added.list();
}

/**
 * tokenizer.json (BPE) with all of these tokens that have an id below `rows`; as it is where the files beside it change nothing, or its model
 * is another one. Throws "format".
 */
export function withAddedTokens(json: unknown, beside: TokenFiles, rows: number): unknown {
  const root = new JsonField(json, TOKENIZER_FILE, "", PUBLISHED_TOKENIZER);
  const vocab = root.get("model").get("vocab");
  if (root.get("model").get("type").value !== "BPE") return json;
  const vocabulary = readVocabulary(vocab);
  const model = { vocabulary, size: vocabulary.size };
  const own = readAddedTokens(root.get("added_tokens"), model);
  const all = allAddedTokens(root.get("added_tokens"), beside, model);
  const listed = listedTokens(all.filter(({ id, content }) => id < rows || own.get(content)));
  if (JSON.stringify(listed) === JSON.stringify(listedTokens(own.list()))) return json;
  return { ...(json as object), added_tokens: listed };
}
