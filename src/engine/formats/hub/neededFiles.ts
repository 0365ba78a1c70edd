// Chooses which of a model's files to fetch: config, tokenizer, card and weights, and never the weights in two formats.
import { type EngineError, showValue } from "../../errors.ts";
import { JsonField } from "../../json/jsonFields.ts";
import { MERGE_ADAPTER, readError, WRITE_AGAIN } from "../files/readError.ts";
import { INDEX_FILE, SINGLE_FILE } from "../safetensors/safetensors.ts";

const CONFIG_FILE = "config.json";
const TOKENIZER_FILE = "tokenizer.json";
/** Fetched where they exist. */
export const OPTIONAL_FILES = ["generation_config.json", "tokenizer_config.json", "README.md", "LICENSE"];
export const REQUIRED_FILES = [CONFIG_FILE, TOKENIZER_FILE];
const LICENCE = /^(licen[cs]e|notice|use_policy)([.-][\w.-]*)?$/i;
/** One part of a split GGUF model. */
const GGUF_PIECE = /-\d{5}-of-\d{5}\.gguf$/i;

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

/** The files of a listed folder that are needed besides the weights. Throws "network" where a required one is missing. */
export function companions(names: readonly string[], what: string): string[] {
  const missing = REQUIRED_FILES.filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw readError({
      file: what,
      expected: missing.join(" and "),
      got: shown(names),
      advice: `Choose a repository with ${REQUIRED_FILES.join(", ")} and *.safetensors, or a GGUF file.`,
      code: "network",
    });
  return names.filter((name) => REQUIRED_FILES.includes(name) || OPTIONAL_FILES.includes(name) || LICENCE.test(name));
}

/** The GGUF files that are complete models, in the order of the list. */
export function ggufFiles(names: readonly string[]): string[] {
  return names.filter(
    (name) => /\.gguf$/i.test(name) && !GGUF_PIECE.test(name) && !/(^|\/)(mmproj|imatrix)/i.test(name),
  );
}

/** The error for a repository without a model that can be opened. */
export function noModel(names: readonly string[], what: string): EngineError {
  return readError({
    file: what,
    expected: `${SINGLE_FILE}, ${INDEX_FILE} or a complete GGUF file`,
    got: shown(names),
    advice: names.includes("adapter_config.json")
      ? `This is an adapter. ${MERGE_ADAPTER}`
      : "Choose a repository with one of them.",
    code: "unsupported",
  });
}

const SHOWN = 10;
function shown(names: readonly string[]): string {
  if (names.length === 0) return "no files";
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return names.slice(0, SHOWN).join(", ") + more;
}
