// Which of a model's files are fetched: config, tokenizer, card and weights; never weights a second time in another format.
import { EngineError } from "../../errors.ts";
import { JsonField } from "../../json/jsonFields.ts";
import { INDEX_FILE, SINGLE_FILE } from "../safetensors/safetensors.ts";

const CONFIG_FILE = "config.json";
const TOKENIZER_FILE = "tokenizer.json";
/** Fetched where they are there. */
export const OPTIONAL_FILES = ["generation_config.json", "tokenizer_config.json", "README.md", "LICENSE"];
export const REQUIRED_FILES = [CONFIG_FILE, TOKENIZER_FILE];
const LICENCE = /^(licen[cs]e|notice|use_policy)([.-][\w.-]*)?$/i;
/** One of several files of a GGUF model that was split. */
const GGUF_PIECE = /-\d{5}-of-\d{5}\.gguf$/i;

/** The shards that an index names, each once. */
export function shardsOf(index: unknown): string[] {
  const map = new JsonField(index, INDEX_FILE).get("weight_map");
  const names = typeof map.value === "object" && map.value !== null ? Object.keys(map.value) : map.refuse("an object");
  const shards = new Set(names.map((name) => map.get(name).text()));
  for (const shard of shards) {
    if (/[/\\]|^\./.test(shard) || !shard.endsWith(".safetensors"))
      throw new EngineError(
        "format",
        `${INDEX_FILE}: weight_map names ${JSON.stringify(shard)}; expected *.safetensors beside it`,
      );
  }
  return [...shards].sort();
}

/** Whether a listed folder has a model in the form that transformers writes, rather than GGUF files only. */
export function hasSafetensors(names: readonly string[]): boolean {
  return names.includes(CONFIG_FILE) && names.some((name) => name === SINGLE_FILE || name === INDEX_FILE);
}

/** Of a listed folder: what is needed besides the weights. Throws "network" where something is missing. */
export function companions(names: readonly string[], what: string): string[] {
  const missing = REQUIRED_FILES.filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw new EngineError(
      "network",
      `${what} has no ${missing.join(" and no ")}; it has ${shown(names)}. Choose a repository with ${REQUIRED_FILES.join(", ")} and *.safetensors, or a GGUF file.`,
    );
  return names.filter((name) => REQUIRED_FILES.includes(name) || OPTIONAL_FILES.includes(name) || LICENCE.test(name));
}

/** The GGUF files that are whole models, largest name first in the order of the list. */
export function ggufFiles(names: readonly string[]): string[] {
  return names.filter(
    (name) => /\.gguf$/i.test(name) && !GGUF_PIECE.test(name) && !/(^|\/)(mmproj|imatrix)/i.test(name),
  );
}

/** The error of a repository whose files are no model that can be opened. */
export function noModel(names: readonly string[], what: string): EngineError {
  return new EngineError(
    "unsupported",
    `${what} has neither ${SINGLE_FILE} or ${INDEX_FILE} nor a whole GGUF file; it has ${shown(names)}. Choose a repository with one of them.`,
  );
}

const SHOWN = 10;
function shown(names: readonly string[]): string {
  if (names.length === 0) return "no files";
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return names.slice(0, SHOWN).join(", ") + more;
}
