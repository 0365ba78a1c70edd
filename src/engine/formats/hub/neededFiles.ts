// Chooses which of a model's files to fetch: config, tokenizer, card and weights, and never the weights in two formats.
import { type EngineError, showValue } from "../../errors.ts";
import { JsonField } from "../../json/jsonFields.ts";
import { MAKE_TOKENIZER, MERGES_FILE, VOCAB_FILE } from "../../tokenizer/vocabMerges.ts";
import { CARD_FILE, isCompanion } from "../files/companions.ts";
import { CONFIG_FILE, isGguf, isGgufExtra } from "../files/modelFiles.ts";
import { readError, WRITE_AGAIN } from "../files/readError.ts";
import { ggufModels, partNames } from "../gguf/ggufParts.ts";
import { INDEX_FILE, SINGLE_FILE } from "../safetensors/safetensors.ts";

const TOKENIZER_FILE = "tokenizer.json";
/** Vocabularies of which transformers makes tokenizer.json. */
const OTHER_VOCABULARIES = ["tokenizer.model", "spiece.model", "tekken.json", "vocab.txt", VOCAB_FILE];

/** The shards that an index names, each once. */
export function shardsOf(index: unknown): string[] {
  const map = new JsonField(index, INDEX_FILE, "", WRITE_AGAIN).get("weight_map");
  const names = typeof map.value === "object" && map.value !== null ? Object.keys(map.value) : map.refuse("an object");
  const shards = new Set(names.map((name) => map.get(name).text()));
  for (const shard of shards) {
    if (!/[/\\]|^\./.test(shard) && shard.endsWith(".safetensors")) continue;
    throw readError({
      file: INDEX_FILE,
      field: "weight_map",
      expected: "*.safetensors in the same folder",
      got: showValue(shard),
      advice: WRITE_AGAIN,
    });
  }
  return [...shards].sort();
}

/** Whether a listed folder has a model as transformers writes it, not only GGUF files. */
export function hasSafetensors(names: readonly string[]): boolean {
  return names.includes(CONFIG_FILE) && names.some((name) => name === SINGLE_FILE || name === INDEX_FILE);
}

/** Whether there is a tokenizer that can be read. */
export const hasTokenizer = (names: readonly string[]): boolean =>
  names.includes(TOKENIZER_FILE) || (names.includes(VOCAB_FILE) && names.includes(MERGES_FILE));

/** The files of a listed folder that are needed besides the weights. Throws "network" where a required one is missing. */
export function companions(names: readonly string[], what: string): string[] {
  if (!names.includes(CONFIG_FILE) || !hasTokenizer(names)) {
    const required = [CONFIG_FILE, ...(hasTokenizer(names) ? [] : [TOKENIZER_FILE])];
    const convertible = names.includes(CONFIG_FILE) && OTHER_VOCABULARIES.some((name) => names.includes(name));
    throw readError({
      file: what,
      expected: required.filter((name) => !names.includes(name)).join(" and "),
      got: shown(names),
      advice: convertible
        ? `${MAKE_TOKENIZER} Then open that folder.`
        : `Choose a repository with ${CONFIG_FILE}, ${TOKENIZER_FILE} and *.safetensors, or a GGUF file.`,
      code: "network",
    });
  }
  return names.filter((name) => name === CONFIG_FILE || name === CARD_FILE || isCompanion(name));
}

/** The complete GGUF models in a list, in its order: each a list of its parts, usually one. */
export function completeGgufModels(names: readonly string[]): string[][] {
  const models = ggufModels(
    names.filter((name) => isGguf(name) && !isGgufExtra(name.slice(name.lastIndexOf("/") + 1))),
  );
  return models.filter((parts) => parts.length === partNames(parts[0] ?? "").length);
}

/** The error for a repository without a model that can be opened. */
export function noModel(names: readonly string[], what: string): EngineError {
  return readError({
    file: what,
    expected: `${SINGLE_FILE}, ${INDEX_FILE} or a complete GGUF file`,
    got: shown(names),
    advice: "Choose a repository with one of them.",
    code: "unsupported",
  });
}

const SHOWN = 10;
function shown(names: readonly string[]): string {
  if (names.length === 0) return "no files";
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return names.slice(0, SHOWN).join(", ") + more;
}
